import { connect } from 'node:net';
import { connectionProblem, noAnswerWithin } from './connection-problem.ts';
import type { Opened } from './probes.ts';

/** Whether a connection opens. Nothing is sent. */
export function openTcp(host: string, port: number, timeoutMs: number): Promise<Opened> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const end = (opened: Opened): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(opened);
    };
    const timer = setTimeout(() => end({ failed: noAnswerWithin(timeoutMs) }), timeoutMs);
    socket.once('connect', () => end('open'));
    socket.on('error', (error) => end({ failed: connectionProblem(error, timeoutMs) }));
  });
}
