import { expect, it } from 'vitest';
import { openTcp } from '../../../agent/host/tcp-probe.ts';
import { closedPort, tcpServer } from './listening.ts';

it('opens a connection to whoever listens', async () => {
  expect(await openTcp('127.0.0.1', await tcpServer(() => {}), 2_000)).toBe('open');
});

it('says that a port is closed', async () => {
  expect(await openTcp('127.0.0.1', await closedPort(), 2_000)).toEqual({ failed: 'connection refused' });
});

it('gives up on a name that nobody knows', async () => {
  const opened = await openTcp('nobody.invalid', 53, 5_000);
  expect(opened).toEqual({ failed: expect.stringMatching(/DNS|no answer within 5 s/) });
});
