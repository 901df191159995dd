import { expect, test } from 'vitest';
import { askStatus, type AskedAnswer } from '../../../agent/host/status-asker.ts';
import { closedPort, tcpServer } from './listening.ts';

const ask = (port: number, more: { timeoutMs?: number; from?: string } = {}): Promise<AskedAnswer> =>
  askStatus({ address: '127.0.0.1', port, path: '/status', from: null, timeoutMs: 5_000, ...more });
/** A peer that answers with exactly these bytes, and closes. */
const saying = (text: string): Promise<number> =>
  tcpServer((socket) => void socket.once('data', () => socket.end(text)));
const ok = (body: string, head = ''): string =>
  `HTTP/1.1 200 OK\r\n${head}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;

test('one GET is sent, and the body of its answer is what comes back', async () => {
  let sent = '';
  const port = await tcpServer((socket) => {
    socket.on('data', (bytes) => {
      sent += bytes.toString();
      if (sent.endsWith('\r\n\r\n')) socket.end(ok('wéll'));
    });
  });
  expect(await ask(port)).toEqual({ body: 'wéll' });
  expect(sent).toBe(`GET /status HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: close\r\n\r\n`);
});

test('it asks from the address that it is told to ask from', async () => {
  const port = await tcpServer(
    (socket) => void socket.once('data', () => socket.end(ok(socket.remoteAddress ?? ''))),
  );
  expect(await ask(port, { from: '127.0.0.5' })).toEqual({ body: '127.0.0.5' });
  expect(await ask(port, { from: '203.0.113.7' })).toEqual({
    failed: 'this host has no address or port to ask from',
  });
});

test('where nobody listens the connection is refused', async () => {
  expect(await ask(await closedPort())).toEqual({ failed: 'connection refused' });
});

test('a peer that says nothing, or never ends, is not waited for any longer than the limit', async () => {
  const silent = await tcpServer(() => undefined);
  expect(await ask(silent, { timeoutMs: 50 })).toEqual({ failed: 'no answer within 0.05 s' });
  const endless = await tcpServer((socket) => {
    const trickle = setInterval(() => socket.write('a'), 5);
    socket.once('close', () => clearInterval(trickle));
  });
  expect(await ask(endless, { timeoutMs: 100 })).toEqual({ failed: 'no answer within 0.1 s' });
});

test.each([
  ['', 'the connection was closed without an answer'],
  ['hello', 'unreadable answer'],
  ['SSH-2.0-OpenSSH_10.0\r\n\r\n', 'unreadable answer'],
  ['HTTP/1.1 200 OK\r\n\r\n{}', 'unreadable answer'],
  ['HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}', 'unreadable answer (it is cut off)'],
  ['HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n{}', 'unreadable answer (it is cut off)'],
  ['HTTP/1.1 429 Too Many Requests\r\nContent-Length: 0\r\n\r\n', 'HTTP 429'],
  [ok('a'.repeat(80_000)), 'unreadable answer (it is too long)'],
])('an answer that is none says what it is: %.40j', async (text, failed) => {
  expect(await ask(await saying(text))).toEqual({ failed });
});

test('the length may be written in any case, between other fields', async () => {
  expect(await ask(await saying('HTTP/1.0 200\r\nA: b\r\ncontent-length:2\r\nC: d\r\n\r\n{}'))).toEqual({
    body: '{}',
  });
});
