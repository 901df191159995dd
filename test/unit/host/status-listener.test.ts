import { beforeEach, expect, onTestFinished, test } from 'vitest';
import {
  LIMITS,
  listenForStatus,
  type Answering,
  type Heard,
  type Limits,
  type Listening,
} from '../../../agent/host/status-listener.ts';
import { waitFor } from '../../support/wait-for.ts';
import { tcpServer } from './listening.ts';
import { ByHand } from './sent-by-hand.ts';

const GET = 'GET /status HTTP/1.1\r\nHost: a\r\n\r\n';
let heard: Heard[];
beforeEach(() => {
  heard = [];
});

async function listening(limits: Partial<Limits> = {}, more: Partial<Answering> = {}): Promise<Listening> {
  const answering: Answering = {
    mayAsk: (from) => from !== '127.0.0.9',
    answer: async (what) => {
      heard.push(what);
      return 'none' in what ? `HTTP/1.1 431 ${what.none}\r\n\r\n` : 'HTTP/1.1 200 OK\r\n\r\nwell';
    },
    ...more,
  };
  const at = { address: '127.0.0.1', port: 0 };
  const found = await listenForStatus(at, answering, { ...LIMITS, ...limits });
  if ('failed' in found) throw new Error(found.failed);
  onTestFinished(() => found.close());
  return found;
}

test('one question is answered, and the connection is closed', async () => {
  const { port } = await listening();
  const hand = await ByHand.open(port);
  expect(await hand.send(GET).answer()).toBe('HTTP/1.1 200 OK\r\n\r\nwell');
  expect(heard).toEqual([{ head: 'GET /status HTTP/1.1\r\nHost: a' }]);
});

test('a question that comes byte by byte is answered', async () => {
  const { port } = await listening();
  const slow = await ByHand.open(port);
  for (const byte of GET) slow.send(byte);
  expect(await slow.code()).toBe(200);
  expect(heard).toEqual([{ head: 'GET /status HTTP/1.1\r\nHost: a' }]);
});

test('somebody who has said all still gets the answer that takes a while', async () => {
  let release: () => void = () => undefined;
  const found = new Promise<void>((resolve) => (release = resolve));
  const { port } = await listening(
    {},
    {
      answer: async (what) => {
        heard.push(what);
        if (heard.length === 1) await found;
        return 'HTTP/1.1 200 OK\r\n\r\nwell';
      },
    },
  );
  const brief = await ByHand.open(port);
  brief.send(GET).saidAll();
  await waitFor('the question', () => heard.length === 1, 5_000);
  // By the time that two others have been answered, it has been seen that the first has said all.
  for (let n = 0; n < 2; n += 1) expect(await (await ByHand.open(port)).send(GET).code()).toBe(200);
  release();
  expect(await brief.code()).toBe(200);
});

test('whoever is no peer gets no byte, and what they send is not looked at', async () => {
  const { port } = await listening();
  const stranger = await ByHand.open(port, '127.0.0.9');
  expect(await stranger.send(GET).answer()).toBe('');
  expect(heard).toEqual([]);
});

test('a question that does not end is ended, whatever trickles in', async () => {
  const { port } = await listening({ headMs: 100 });
  const slow = await ByHand.open(port);
  const trickle = setInterval(() => slow.send('a'), 10);
  onTestFinished(() => clearInterval(trickle));
  expect(await slow.code()).toBe(431);
  const silent = await ByHand.open(port);
  expect(await silent.code()).toBe(431);
  expect(heard).toEqual([{ none: 'too slow' }, { none: 'too slow' }]);
});

test('a head of 4 KiB is read, and one that is longer is not', async () => {
  const { port } = await listening();
  const padded = (bytes: number): string => `GET / HTTP/1.1\r\nA: ${'a'.repeat(bytes - 19)}\r\n\r\n`;
  expect(await (await ByHand.open(port)).send(padded(4096)).code()).toBe(200);
  expect(await (await ByHand.open(port)).send(padded(4097)).code()).toBe(431);
  expect(await (await ByHand.open(port)).send('a'.repeat(5000)).code()).toBe(431);
  expect(heard.slice(1)).toEqual([{ none: 'too long' }, { none: 'too long' }]);
});

test('of questions sent together the first is answered, and its answer is not lost', async () => {
  const { port } = await listening();
  const hand = await ByHand.open(port);
  expect(await hand.send(GET.repeat(500)).answer()).toBe('HTTP/1.1 200 OK\r\n\r\nwell');
  expect(heard).toHaveLength(1);
});

test('somebody who goes on sending for ever is cut off', async () => {
  const { port } = await listening({ connectionMs: 3_600_000 });
  const hand = (await ByHand.open(port)).stubborn();
  const flood = setInterval(() => hand.send('a'.repeat(16 * 1024)), 1);
  onTestFinished(() => clearInterval(flood));
  await hand.answer();
  expect(heard).toHaveLength(1);
});

test('garbage is heard as what it is, and does no harm', async () => {
  const { port } = await listening();
  const hand = await ByHand.open(port);
  expect(await hand.send('\u0000\u00ff\u0016\u0003\r\n\r\n').code()).toBe(200);
  expect(heard).toEqual([{ head: '\u0000\u00ff\u0016\u0003' }]);
  const cutOff = await ByHand.open(port);
  expect(await cutOff.send('GET /sta').saidAll().answer()).toBe('');
  (await ByHand.open(port)).send('GET /').leave();
  expect(await (await ByHand.open(port)).send(GET).code()).toBe(200);
});

test('one peer has four connections at most, and the others still get their answer', async () => {
  const { port } = await listening();
  const hog = await Promise.all(Array.from({ length: 8 }, () => ByHand.open(port)));
  hog.forEach((one) => one.send('GET /'));
  await Promise.race(hog.map((one) => one.answer()));
  expect(await (await ByHand.open(port, '127.0.0.2')).send(GET).code()).toBe(200);
  expect(await (await ByHand.open(port)).send(GET).code()).toBeNull();
  hog.forEach((one) => one.leave());
  await waitFor(
    'a place',
    async () => (await ByHand.open(port)).send(GET).code(),
    5_000,
    (code) => code === 200,
  );
});

test('sixteen connections at most are open, and a stranger takes none of them', async () => {
  const { port } = await listening({ connections: 2 });
  await Promise.all(Array.from({ length: 9 }, () => ByHand.open(port, '127.0.0.9')));
  const first = await ByHand.open(port, '127.0.0.2');
  first.send('GET /');
  const second = await ByHand.open(port, '127.0.0.3');
  second.send('GET /');
  expect(await (await ByHand.open(port, '127.0.0.4')).send(GET).code()).toBeNull();
  expect(await first.send(' HTTP/1.1\r\n\r\n').code()).toBe(200);
  expect(LIMITS.connections).toBe(16);
});

test('a peer that does not take its answer is let go', async () => {
  const { port } = await listening(
    { connectionMs: 200, connections: 1 },
    { answer: async () => 'a'.repeat(8 * 1024 * 1024) },
  );
  (await ByHand.open(port, '127.0.0.2')).deaf().send(GET);
  await waitFor(
    'the place to be free again',
    async () => (await (await ByHand.open(port, '127.0.0.3')).send(GET).answer()) !== '',
    10_000,
  );
});

test('an answer that never comes does not hold its connection for ever', async () => {
  const { port } = await listening({ connectionMs: 100 }, { answer: () => new Promise(() => undefined) });
  expect(await (await ByHand.open(port)).send(GET).answer()).toBe('');
});

test('a fault behind an answer costs its connection, and not the agent', async () => {
  const { port } = await listening({}, { answer: () => Promise.reject(new Error('a fault')) });
  expect(await (await ByHand.open(port)).send(GET).answer()).toBe('');
});

test('closing ends what is open and frees the port', async () => {
  const { port, close } = await listening();
  const hand = await ByHand.open(port);
  await close();
  expect(await hand.answer()).toBe('');
  const again = await listenForStatus(
    { address: '127.0.0.1', port },
    { mayAsk: () => true, answer: async () => null },
  );
  expect(again).not.toHaveProperty('failed');
  if ('close' in again) await again.close();
});

test('where nobody can listen it is said why', async () => {
  const port = await tcpServer(() => undefined);
  const answering: Answering = { mayAsk: () => true, answer: async () => null };
  expect(await listenForStatus({ address: '127.0.0.1', port }, answering)).toEqual({
    failed: `another program listens on port ${port} ("ss -ltnp sport = :${port}" says which)`,
  });
  expect(await listenForStatus({ address: '203.0.113.7', port: 9463 }, answering)).toEqual({
    failed: 'this host does not have the address 203.0.113.7',
  });
});
