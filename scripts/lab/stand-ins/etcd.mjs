// Plays etcd between the nodes: one connection to every peer on port 2380 with a
// heartbeat each 200 ms. /run/lab-etcd.json says for every peer how old its last
// answer is, so that a firewall that cuts the nodes from each other is noticed.
import { renameSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';

const PORT = 2380;
const HEARTBEAT_MS = 200;
const LOST_MS = 2_000;

createServer((socket) => {
  socket.on('error', () => socket.destroy());
  socket.pipe(socket);
}).listen(PORT, process.env.ADDRESS);

/** address → { socket, lastAnswer, since } with times in milliseconds, null before the first answer */
const peers = new Map(
  process.env.PEERS.split(' ').map((address) => [address, { socket: undefined, lastAnswer: null, since: 0 }]),
);

function open(address, peer) {
  const socket = connect({ host: address, port: PORT, localAddress: process.env.ADDRESS });
  peer.socket = socket;
  peer.since = Date.now();
  socket.setNoDelay(true);
  socket.on('data', () => (peer.lastAnswer = Date.now()));
  socket.on('error', () => {});
  socket.on('close', () => {
    if (peer.socket === socket) peer.socket = undefined;
  });
}

function beat() {
  const now = Date.now();
  for (const [address, peer] of peers) {
    if (peer.socket === undefined) open(address, peer);
    else if (now - Math.max(peer.lastAnswer ?? 0, peer.since) > LOST_MS) {
      peer.socket.destroy();
      peer.socket = undefined;
    } else if (!peer.socket.connecting) peer.socket.write('.');
  }
  report(now);
}

function report(now) {
  const ages = [...peers].map(([address, { lastAnswer }]) => [
    address,
    { ageMs: lastAnswer === null ? null : now - lastAnswer },
  ]);
  writeFileSync('/run/.lab-etcd.json', JSON.stringify({ at: now, peers: Object.fromEntries(ages) }));
  renameSync('/run/.lab-etcd.json', '/run/lab-etcd.json');
}

setInterval(beat, HEARTBEAT_MS);
