import { lab, waitFor, type Host } from './lab.ts';

/** Node, on a host: what comes of it is written when it has ended. */
const PROGRAM = String.raw`
const { connect } = require('node:net');
const { renameSync, writeFileSync } = require('node:fs');
const [address, seconds, result] = process.argv.slice(2);
const texts = ['GET /st', '\0'.repeat(9000), 'GET /status HTTP/1.1\r\n\r\n', 'GET /' + 'a'.repeat(70000), '\r\n\r\n'];
let sent = 0;
let answered = 0;
const end = Date.now() + seconds * 1000;
function one() {
  if (Date.now() > end) return;
  const socket = connect({ host: address, port: 9463 });
  const text = texts[sent++ % texts.length];
  let has = false;
  socket.on('error', () => undefined);
  socket.on('connect', () => socket.write(text));
  socket.on('data', () => (has = true));
  socket.on('close', () => { answered += has ? 1 : 0; setTimeout(one, 5); });
}
for (let n = 0; n < 60; n += 1) one();
setTimeout(() => {
  writeFileSync(result + '.new', JSON.stringify({ sent, answered }));
  renameSync(result + '.new', result);
  process.exit();
}, seconds * 1000 + 500);
`;
const [PATH, RESULT] = ['/root/flood.cjs', '/root/flood.json'];

export type Flooded = { readonly sent: number; readonly answered: number };

/**
 * From one host at another one's status port: requests that are none, that do not end, that are too long, and many good
 * ones, all at once and again and again. What is done meanwhile is done while it goes on.
 */
export async function flooded(
  from: Host,
  at: Host,
  seconds: number,
  meanwhile: () => Promise<void> | void,
): Promise<Flooded> {
  from.write(PATH, PROGRAM);
  from.shell(`rm -f ${RESULT}; setsid node ${PATH} ${at.address} ${seconds} ${RESULT} >/dev/null 2>&1 &`);
  await meanwhile();
  await waitFor('the end of the flood', () => from.exists(RESULT), (seconds + 30) * 1_000);
  return JSON.parse(from.read(RESULT)) as Flooded;
}

/** Of the agent there, in MiB. */
export function residentMiB(host: Host): number {
  const line = 'grep VmRSS /proc/$(systemctl show -P MainPID holdfast)/status | tr -dc 0-9';
  return Number(host.shell(line).stdout) / 1024;
}

/** What a peer hears that asks as the agents do. */
export const statusHeard = (from: Host, of: Host): string =>
  lab
    .host(from.n)
    .run(
      ['curl', '-sS', '-m', '3', '-w', '%{http_code}', '-o', '/dev/null', `http://${of.address}:9463/status`],
      {
        allowFail: true,
      },
    ).stdout;
