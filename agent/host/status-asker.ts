import { connect } from 'node:net';
import { connectionProblem, noAnswerWithin } from './connection-problem.ts';

export type Asked = {
  readonly address: string;
  readonly port: number;
  readonly path: string;
  /** The address to ask from: peers answer only those they know. `null`: whichever leads there. */
  readonly from: string | null;
  readonly timeoutMs: number;
};
/** `failed`: a clause. */
export type AskedAnswer = { readonly body: string } | { readonly failed: string };
export type Ask = (asked: Asked) => Promise<AskedAnswer>;

const MOST_BYTES = 64 * 1024 + 4096;

/** One GET on a connection of its own, over node:net: node:http would stay in the daemon's memory. */
export const askStatus: Ask = ({ address, port, path, from, timeoutMs }) =>
  new Promise((resolve) => {
    const socket = connect({ host: address, port, ...(from === null ? {} : { localAddress: from }) });
    const chunks: Buffer[] = [];
    let size = 0;
    const end = (answer: AskedAnswer): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(answer);
    };
    const timer = setTimeout(() => end({ failed: noAnswerWithin(timeoutMs) }), timeoutMs);
    // 'on': destroying it may bring one more error.
    socket.on('error', (error) => end({ failed: connectionProblem(error, timeoutMs) }));
    socket.once('connect', () => {
      const host = address.includes(':') ? `[${address}]` : address;
      socket.write(`GET ${path} HTTP/1.1\r\nHost: ${host}:${port}\r\nConnection: close\r\n\r\n`);
    });
    socket.on('data', (bytes) => {
      chunks.push(bytes);
      size += bytes.length;
      if (size > MOST_BYTES) end({ failed: 'unreadable answer (it is too long)' });
    });
    socket.once('end', () => end(answerIn(Buffer.concat(chunks))));
  });

/** Only what Holdfast itself answers is understood: the length is said, and the connection is closed after it. */
function answerIn(bytes: Buffer): AskedAnswer {
  if (bytes.length === 0) return { failed: 'the connection was closed without an answer' };
  const end = bytes.indexOf('\r\n\r\n');
  const head = end === -1 ? '' : bytes.toString('latin1', 0, end);
  const status = /^HTTP\/1\.[01] (\d{3})(?: |\r\n|$)/.exec(head)?.[1];
  const length = /\r\ncontent-length: *(\d{1,6}) *(?:\r\n|$)/i.exec(head)?.[1];
  if (status === undefined || length === undefined) return { failed: 'unreadable answer' };
  const body = bytes.subarray(end + 4);
  if (body.length !== Number(length)) return { failed: 'unreadable answer (it is cut off)' };
  return status === '200' ? { body: body.toString('utf8') } : { failed: `HTTP ${status}` };
}
