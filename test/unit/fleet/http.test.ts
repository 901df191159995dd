import { expect, test } from 'vitest';
import { plain, requestIn, response } from '../../../agent/fleet/http.ts';

test.each([
  ['GET /status HTTP/1.1\r\nHost: 10.1.1.1:9463\r\nUser-Agent: curl/8', { method: 'GET', path: '/status' }],
  ['GET /metrics?a=b HTTP/1.0', { method: 'GET', path: '/metrics' }],
  ['POST /status HTTP/1.1\r\nContent-Length: 0', { method: 'POST', path: '/status' }],
  ['GET /status HTTP/1.1\r\nX-Empty:', { method: 'GET', path: '/status' }],
])('a request is understood: %j', (head, request) => expect(requestIn(head)).toEqual(request));

test.each([
  '',
  'GET',
  'GET /status',
  'get /status HTTP/1.1',
  'GET  /status HTTP/1.1',
  'GET /status HTTP/2',
  'GET status HTTP/1.1',
  'GET http://10.1.1.1/status HTTP/1.1',
  'GET /sta\u0000tus HTTP/1.1',
  `GET /${'a'.repeat(300)} HTTP/1.1`,
  'GET /status HTTP/1.1\r\nno field',
  'GET /status HTTP/1.1\r\n folded: line',
  'GET /status HTTP/1.1\r\nA: b\nC: d',
  '\u0016\u0003\u0001\u0002 a TLS hello',
])('what is no request is not guessed at: %j', (head) => expect(requestIn(head)).toBeNull());

test('an answer says how long it is, in bytes, and that it is the last one', () => {
  expect(response(200, 'text/plain', 'é')).toBe(
    'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\nCache-Control: no-store\r\n' +
      'X-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\né',
  );
  expect(plain(405, 'no')).toContain('\r\nAllow: GET\r\n');
});

test('an answer that nobody would take is not sent', () => {
  const answer = response(200, 'text/plain', 'é'.repeat(32 * 1024 + 1));
  expect(answer).toMatch(/^HTTP\/1\.1 500 [\s\S]*65538 bytes/);
  expect(response(200, 'text/plain', 'é'.repeat(32 * 1024))).toMatch(/^HTTP\/1\.1 200 /);
});
