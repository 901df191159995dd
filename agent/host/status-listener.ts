import { createServer, type Server, type Socket } from 'node:net';
import { bindProblem } from './bind-problem.ts';

// INVARIANTS
// 1. Nobody but those who may ask gets a byte, and nobody can end or fill the agent: every size, count and time below
//    has a limit, whatever is sent.
// 2. One question a connection, and it is always closed afterwards.

/** What came: the head of a request up to its empty line, or why there is none. */
export type Heard = { readonly head: string } | { readonly none: 'too long' | 'too slow' };

export type Answering = {
  /** Asked when somebody connects. `from`: an address without a port. */
  readonly mayAsk: (from: string) => boolean;
  /** The whole answer as it is sent; `null`: the connection is closed without one. */
  readonly answer: (heard: Heard, from: string) => Promise<string | null>;
};

export type Limits = {
  readonly headBytes: number;
  readonly headMs: number;
  /** At one time, of all and of one peer: one that floods does not keep the others from asking. */
  readonly connections: number;
  readonly connectionsEach: number;
  /** All of it, from connect to close: a peer that does not read its answer is let go, too. */
  readonly connectionMs: number;
  /** What is read and thrown away after the head, so that the answer is not lost by a reset (RFC 9112, section 9.6). */
  readonly afterBytes: number;
};
export const LIMITS: Limits = {
  headBytes: 4096,
  headMs: 2_000,
  connections: 16,
  connectionsEach: 4,
  connectionMs: 8_000,
  afterBytes: 64 * 1024,
};

export type Listening = { readonly port: number; close(): Promise<void> };
/** `failed`: a clause that says why nobody can be answered there now. */
export type Listen = (
  at: { readonly address: string; readonly port: number },
  answering: Answering,
) => Promise<Listening | { readonly failed: string }>;

/** By hand, not with node:http: it costs the daemon less memory, and all that may come in is seen here. */
export function listenForStatus(
  at: { readonly address: string; readonly port: number },
  answering: Answering,
  limits: Limits = LIMITS,
): ReturnType<Listen> {
  const open = new Map<Socket, string>();
  // Whoever has sent all it has to say (`nc -N`) still gets an answer.
  const server = createServer({ allowHalfOpen: true }, (socket) => accept(socket, open, answering, limits));
  return new Promise((resolve) => {
    server.once('error', (error) => resolve({ failed: bindProblem(error, at) }));
    server.listen({ host: at.address, port: at.port, backlog: 64 }, () => {
      // A connection that could not be taken (no descriptor is free) is the asker's loss; the next one is taken.
      server.removeAllListeners('error').on('error', () => undefined);
      resolve({ port: portOf(server, at.port), close: () => close(server, open) });
    });
  });
}

function portOf(server: Server, asked: number): number {
  const address = server.address();
  return typeof address === 'object' ? (address?.port ?? asked) : asked;
}

function close(server: Server, open: ReadonlyMap<Socket, string>): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    for (const socket of open.keys()) socket.destroy();
  });
}

function accept(socket: Socket, open: Map<Socket, string>, answering: Answering, limits: Limits): void {
  // One that goes away in the middle is nobody's failure.
  socket.on('error', () => undefined);
  // IPv4 as seen by a socket of both families (RFC 4291, section 2.5.5.2).
  const from = (socket.remoteAddress ?? '').replace(/^::ffff:/, '');
  const ofThis = [...open.values()].filter((one) => one === from).length;
  if (!answering.mayAsk(from) || open.size >= limits.connections || ofThis >= limits.connectionsEach) {
    socket.destroy();
    return;
  }
  open.set(socket, from);
  const end = setTimeout(() => socket.destroy(), limits.connectionMs);
  socket.once('close', () => {
    clearTimeout(end);
    open.delete(socket);
  });
  hear(socket, limits, async (heard) => {
    // A fault behind it must cost this connection, and not the agent.
    const text = await answering.answer(heard, from).catch(() => null);
    if (text === null) socket.destroy();
    else socket.end(text);
  });
}

/** Calls `act` once, with the first head or why there is none; what comes after it is thrown away. */
function hear(socket: Socket, limits: Limits, act: (heard: Heard) => Promise<void>): void {
  let head: string | null = '';
  let after = 0;
  const done = (heard: Heard): void => {
    clearTimeout(slow);
    head = null;
    void act(heard);
  };
  const slow = setTimeout(() => done({ none: 'too slow' }), limits.headMs);
  socket.once('close', () => clearTimeout(slow));
  socket.on('data', (bytes) => {
    if (head === null) {
      after += bytes.length;
      if (after > limits.afterBytes) socket.destroy();
      return;
    }
    // Only ASCII may come (RFC 9112, section 2.2); other bytes stay apart from each other.
    head += bytes.toString('latin1');
    const end = head.indexOf('\r\n\r\n');
    if (end !== -1 && end <= limits.headBytes) done({ head: head.slice(0, end) });
    else if (head.length > limits.headBytes) done({ none: 'too long' });
  });
  // All was said, and it was no request.
  socket.once('end', () => {
    if (head !== null) socket.destroy();
  });
}
