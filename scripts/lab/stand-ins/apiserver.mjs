#!/usr/bin/env node
// Plays kube-apiserver: a TLS server with its flags that answers its health
// paths. Like the real one it ends when its port is taken.
//
// /etc/lab/apiserver.json makes it misbehave (a missing file: not at all):
//   startSeconds  time until it is well: first half no listener, then 403, then 500
//   drainSeconds  after SIGTERM: /readyz says 500 that long, the rest 200
//   hang          accepts connections and never answers, until the file says otherwise
//   status        answers its health paths with this status
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { createServer as createTcpServer } from 'node:net';

const flags = Object.fromEntries(
  process.argv.slice(2).map((argument) => /^--([^=]+)=?(.*)$/s.exec(argument)?.slice(1) ?? [argument, '']),
);
const address = flags['bind-address'] || '::';
const port = Number(flags['secure-port'] || 6443);
const wellAt = Date.now() + (behaviour().startSeconds ?? 0) * 1000;
const listenAt = Date.now() + (wellAt - Date.now()) / 2;
let draining = false;

const server = createServer(
  {
    cert: readFileSync(flags['tls-cert-file']),
    key: readFileSync(flags['tls-private-key-file']),
    ALPNProtocols: ['http/1.1'],
  },
  (request, response) => {
    const [status, body] = answer(new URL(request.url, 'https://here').pathname);
    response.writeHead(status, { 'content-type': 'text/plain' }).end(body);
  },
);
// In front of TLS, so that hanging means what a stopped process does: silence.
const front = createTcpServer((socket) => {
  socket.on('error', () => {});
  if (behaviour().hang) return;
  server.emit('connection', socket);
});
server.on('tlsClientError', () => {});

function behaviour() {
  try {
    return JSON.parse(readFileSync('/etc/lab/apiserver.json', 'utf8'));
  } catch {
    return {};
  }
}

function answer(path) {
  if (!['/healthz', '/readyz', '/livez'].includes(path)) return [403, 'Forbidden'];
  const now = Date.now();
  if (now < wellAt)
    return now < (listenAt + wellAt) / 2 ? [403, 'Forbidden'] : [500, `${path.slice(1)} check failed`];
  if (draining && path === '/readyz') return [500, '[-]shutdown failed: reason withheld'];
  const { status } = behaviour();
  return status === undefined || status === 200 ? [200, 'ok'] : [status, `${path.slice(1)} check failed`];
}

front.on('error', (error) => {
  console.log(`failed to listen on ${address}:${port}: ${error.code}`);
  process.exit(1);
});
setTimeout(
  () => front.listen(port, address, () => console.log(`serving on ${address}:${port}`)),
  listenAt - Date.now(),
);

process.once('SIGTERM', () => {
  draining = true;
  setTimeout(() => process.exit(0), (behaviour().drainSeconds ?? 0) * 1000);
});
