import { expect, it } from 'vitest';
import { expects } from '../../../agent/host/keepalived-dump.ts';

/** Of keepalived 2.3.3, which takes its signals from a signalfd: they are blocked. */
const RUNNING = `SigQ:	8/96365
SigPnd:	0000000000000000
SigBlk:	4000000800014a03
SigIgn:	bffffff67ffab034
SigCgt:	0000000000000000
`;

it('sends the signal for a dump only to a process that is prepared for it', () => {
  expect(expects(RUNNING, 36)).toBe(true);
});

it('reads the masks bit by bit', () => {
  const status = 'SigBlk:\t0000000800000000\nSigIgn:\t0000000000000000\nSigCgt:\t0000000000000000\n';
  expect([35, 36, 37].map((signal) => expects(status, signal))).toEqual([false, true, false]);
});

it('does not send it to one that it would kill: keepalived that has only just been started', () => {
  expect(
    expects('SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\nSigCgt:\t0000000000000000\n', 36),
  ).toBe(false);
  expect(expects('', 36)).toBe(false);
});
