import { beforeEach, expect, onTestFinished, test } from 'vitest';
import type { PeerStatus } from '../../../agent/fleet/peer-status.ts';
import { askPeers } from '../../../agent/fleet/peers.ts';
import { StatusServer, whereIn, type StatusServerParts } from '../../../agent/fleet/status-server.ts';
import { sleep } from '../../../agent/host/sleep.ts';
import { askStatus } from '../../../agent/host/status-asker.ts';
import { listenForStatus, type Listen, type Listening } from '../../../agent/host/status-listener.ts';
import { peerOf } from '../../support/peers.ts';
import { waitFor } from '../../support/wait-for.ts';
import { closedPort, tcpServer } from '../host/listening.ts';
import { ByHand } from '../host/sent-by-hand.ts';

type Said = { readonly level: string; readonly event: string; readonly sentence: string };

/** Over real sockets on loopback: the clock alone is the test's. */
class World {
  nowMs = 0;
  readonly said: Said[] = [];
  looks = 0;
  status = async (): Promise<PeerStatus> => peerOf({ generation: (this.looks += 1) });
  brief = async (): Promise<PeerStatus> => peerOf({ generation: 7 });
  readonly slept: number[] = [];
  readonly ports: number[] = [];
  listen: Listen = async (at, answering) => {
    const found = await listenForStatus(at, answering);
    if ('port' in found) this.ports.push(found.port);
    return found;
  };
  readonly server: StatusServer;
  constructor() {
    const note = (level: string) => (event: { readonly event: string; readonly sentence: string }) =>
      void this.said.push({ level, event: event.event, sentence: event.sentence });
    const parts: StatusServerParts = {
      status: () => this.status(),
      brief: () => this.brief(),
      metrics: async () => 'holdfast_generation 1\n',
      listen: (at, answering) => this.listen(at, answering),
      clock: { monotonicMs: () => this.nowMs },
      sleep: async (ms, signal) => {
        this.slept.push(ms);
        await sleep(5, signal);
      },
      log: { debug: note('debug'), info: note('info'), warn: note('warn') },
    };
    this.server = new StatusServer(parts);
    onTestFinished(() => this.server.close());
  }
  /** The port on which it answers. */
  async serving(peers: readonly string[] = ['127.0.0.1']): Promise<number> {
    const before = this.ports.length;
    this.server.serve({ address: '127.0.0.1', port: 0, peers: new Set(peers) });
    await waitFor('the server', () => this.ports.length > before, 5_000);
    return this.ports[before]!;
  }
}
let world: World;
beforeEach(() => {
  world = new World();
});

async function ask(port: number, text: string, from?: string): Promise<number | null> {
  return (await ByHand.open(port, from)).send(text).code();
}
const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`;

test('a peer that asks learns what this host says of itself', async () => {
  const port = await world.serving();
  const peer = { name: 'kubernetes-node-2', address: '127.0.0.1' };
  const answers = await askPeers([peer], { ask: askStatus, port, from: null });
  expect(answers.get('kubernetes-node-2')).toEqual(peerOf());
});

test('a peer that asks in brief is answered without a look at the virtual IP', async () => {
  const port = await world.serving();
  const peer = { name: 'kubernetes-node-2', address: '127.0.0.1' };
  const answers = await askPeers([peer], { ask: askStatus, port, from: null, brief: true });
  expect(answers.get('kubernetes-node-2')).toEqual(peerOf({ generation: 7 }));
  expect(world.looks).toBe(0);
});

test('metrics are served as Prometheus text', async () => {
  const hand = await ByHand.open(await world.serving());
  const answer = await hand.send(get('/metrics')).answer();
  expect(answer).toContain('\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n');
  expect(answer).toMatch(/\r\n\r\nholdfast_generation 1\n$/);
});

test.each([
  ['POST /status HTTP/1.1\r\n\r\n', 405],
  ['HEAD /status HTTP/1.1\r\n\r\n', 405],
  [get('/'), 404],
  [get('/status/'), 404],
  [get('/../etc/shadow'), 404],
  ['hello\r\n\r\n', 400],
  ['a'.repeat(5000), 431],
])('%.30j is answered with %i, and nobody looks at the host for it', async (text, code) => {
  expect(await ask(await world.serving(), text)).toBe(code);
  expect(world.looks).toBe(0);
});

test('nobody but a node of the cluster is answered, also when the cluster changes', async () => {
  const port = await world.serving(['127.0.0.2']);
  expect(await ask(port, get('/status'), '127.0.0.2')).toBe(200);
  expect(await ask(port, get('/status'), '127.0.0.3')).toBeNull();
  world.server.serve({ address: '127.0.0.1', port: 0, peers: new Set(['127.0.0.3']) });
  expect(await ask(port, get('/status'), '127.0.0.3')).toBe(200);
  expect(await ask(port, get('/status'), '127.0.0.2')).toBeNull();
  expect(world.ports).toHaveLength(1);
});

test('however many ask, this host looks at itself once in two seconds', async () => {
  const port = await world.serving();
  for (let n = 0; n < 5; n += 1) expect(await ask(port, get('/status'))).toBe(200);
  expect(world.looks).toBe(1);
  world.nowMs += 2_000;
  await ask(port, get('/status'));
  expect(world.looks).toBe(2);
});

test('a peer that asks too often is told so, and the others are answered', async () => {
  const port = await world.serving(['127.0.0.2', '127.0.0.3']);
  const codes = [];
  for (let n = 0; n < 12; n += 1)
    codes.push(await ask(port, get(n % 2 === 0 ? '/status' : '/'), '127.0.0.2'));
  expect(codes.slice(8)).toEqual([200, 404, 429, 429]);
  expect(await ask(port, get('/status'), '127.0.0.3')).toBe(200);
  world.nowMs += 100;
  expect(await ask(port, get('/status'), '127.0.0.2')).toBe(200);
});

test('a host that cannot say how it is says that, and looks again for the next one', async () => {
  const port = await world.serving();
  const well = world.status;
  world.status = () => Promise.reject(new Error('the disk is gone'));
  expect(await ask(port, get('/status'))).toBe(503);
  world.status = well;
  expect(await ask(port, get('/status'))).toBe(200);
});

test('a port that is taken is said once, tried again, and then served', async () => {
  const port = await closedPort();
  let isTaken = true;
  const real = world.listen;
  world.listen = async (at, answering) =>
    isTaken ? { failed: 'another program listens on port 1' } : real({ ...at, port }, answering);
  world.server.serve({ address: '127.0.0.1', port, peers: new Set(['127.0.0.1']) });
  await waitFor('some attempts', () => world.slept.length >= 3, 5_000);
  expect(world.said).toEqual([
    {
      level: 'warn',
      event: 'status-not-served',
      sentence: `The other nodes cannot ask for this host's status at 127.0.0.1:${port}: another program listens on port 1. It is tried again every 5 s; until then they take this host for one that does not answer.`,
    },
  ]);
  isTaken = false;
  await waitFor('the server', () => world.ports.length === 1, 5_000);
  expect(await ask(port, get('/status'))).toBe(200);
  expect(world.said[1]).toMatchObject({ level: 'info', event: 'status-served' });
  expect(world.slept.every((ms) => ms === 5_000)).toBe(true);
});

test('whatever goes wrong with listening, the agent goes on', async () => {
  world.listen = () => Promise.reject(new RangeError('port out of range'));
  world.server.serve({ address: '127.0.0.1', port: 70_000, peers: new Set() });
  await waitFor('some attempts', () => world.slept.length >= 2, 5_000);
  expect(world.said.map(({ event }) => event)).toEqual(['status-not-served']);
  await world.server.close();
});

test('an address that changes is left before the new one is served', async () => {
  const order: string[] = [];
  world.listen = async ({ address }): Promise<Listening> => {
    order.push(`listens at ${address}`);
    return { port: 1, close: async () => void order.push(`leaves ${address}`) };
  };
  const serve = (address: string) => world.server.serve({ address, port: 1, peers: new Set() });
  serve('10.1.1.1');
  await waitFor('the first', () => order.length === 1, 5_000);
  serve('10.1.1.1');
  serve('10.1.1.2');
  await waitFor('the second', () => order.length === 3, 5_000);
  await world.server.close();
  expect(order).toEqual(['listens at 10.1.1.1', 'leaves 10.1.1.1', 'listens at 10.1.1.2', 'leaves 10.1.1.2']);
});

test('after the end nobody is answered, and the port is free', async () => {
  const port = await world.serving();
  await world.server.close();
  expect(await ask(port, get('/status'))).toBeNull();
  expect(await tcpServer(() => undefined)).not.toBe(port);
});

test('under slow, odd and many requests at once the peers are still answered', async () => {
  const port = await world.serving(['127.0.0.2', '127.0.0.3']);
  const hog = await Promise.all(Array.from({ length: 40 }, () => ByHand.open(port, '127.0.0.2')));
  hog.forEach((one, n) =>
    one.send(n % 3 === 0 ? 'GET /st' : n % 3 === 1 ? '\u0000'.repeat(9000) : get('/status').repeat(9)),
  );
  const strangers = await Promise.all(Array.from({ length: 40 }, () => ByHand.open(port, '127.0.0.7')));
  strangers.forEach((one) => one.send(get('/status')));
  expect(await ask(port, get('/status'), '127.0.0.3')).toBe(200);
  expect(await Promise.all(strangers.map((one) => one.code()))).toEqual(strangers.map(() => null));
});

test('all nodes and workers may ask, this host included, and a host outside of the cluster is not asked', () => {
  const cluster = {
    nodes: [{ name: 'a', address: '10.1.1.1', priority: 100 }],
    workers: [{ name: 'b', address: '10.1.1.4' }],
  };
  expect(whereIn(cluster, '10.1.1.1', 9463)).toEqual({
    address: '10.1.1.1',
    port: 9463,
    peers: new Set(['10.1.1.1', '10.1.1.4']),
  });
  expect(whereIn(cluster, null, 9463)).toBeNull();
});
