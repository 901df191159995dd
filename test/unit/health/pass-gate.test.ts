import { describe, expect, it } from 'vitest';
import type { Check, Seen, Time } from '../../../agent/health/check.ts';
import type { Gate } from '../../../agent/health/gate.ts';
import { passGate } from '../../../agent/health/pass-gate.ts';
import { fakeTime } from './fake-time.ts';
import { probesOf } from './probes.ts';

const GATE: Gate = {
  baseline: { passed: ['vip'], failed: [] },
  strict: false,
  consecutive: 3,
  withinMs: 60_000,
  steadyMs: 0,
  patienceMs: 8_000,
};
const PASS: Seen = { ok: true };
const FAIL: Seen = { ok: false, seen: 'connection refused' };

/**
 * Passes the gate with a check that behaves as told, each time it is asked; `tookMs`: how long it takes to answer.
 * `frozen`: the agent is, after so many answers.
 */
async function passing(
  behave: (n: number) => Seen | { readonly tookMs: number; readonly seen: Seen },
  deadlineMs = 60_000,
  frozen: { readonly after: number; readonly forMs: number } | null = null,
) {
  const time = fakeTime();
  let n = 0;
  const sleep: Time['sleep'] = async (ms, signal) => {
    await time.sleep(ms, signal);
    if (signal === undefined && n === frozen?.after) time.now += frozen.forMs;
  };
  const check: Check = {
    id: 'vip',
    about: 'vip',
    run: async () => {
      const now = behave(n++);
      if (!('tookMs' in now)) return now;
      time.now += now.tookMs;
      return now.seen;
    },
  };
  return passGate({ checks: [check], probes: probesOf(), gate: GATE, deadlineMs, time: { ...time, sleep } });
}

describe('the gate', () => {
  it('asks every second until it knows', async () => {
    expect(await passing(() => PASS)).toEqual({ verdict: 'well', failed: [], tookMs: 2_000, samples: 3 });
  });

  it('ends early when what was well stays unwell', async () => {
    expect(await passing(() => FAIL)).toEqual({
      verdict: 'unwell',
      failed: [{ id: 'vip', seen: 'connection refused' }],
      tookMs: 8_000,
      samples: 9,
    });
  });

  it('needs few samples when each takes as long as its time-out', async () => {
    expect(await passing(() => ({ tookMs: 4_000, seen: FAIL }))).toMatchObject({
      verdict: 'unwell',
      tookMs: 9_000,
      samples: 2,
    });
  });

  it('does not believe what it saw while the agent was frozen', async () => {
    const gated = await passing((n) => (n === 1 ? { tookMs: 90_000, seen: FAIL } : PASS));
    // Three in a row, and the one before it was no part of them.
    expect(gated).toMatchObject({ verdict: 'well', samples: 5 });
  });

  it('gives a hand-over its time, also when the agent was frozen in the middle of it, in a sample or between two', async () => {
    const inSample = await passing((n) => (n === 1 ? { tookMs: 90_000, seen: FAIL } : n < 6 ? FAIL : PASS));
    expect(inSample).toMatchObject({ verdict: 'well' });
    const between = await passing((n) => (n < 6 ? FAIL : PASS), 60_000, { after: 1, forMs: 90_000 });
    expect(between).toMatchObject({ verdict: 'well' });
  });

  it('takes back what stays unwell, also when the agent was frozen meanwhile', async () => {
    expect(await passing((n) => (n === 1 ? { tookMs: 90_000, seen: FAIL } : FAIL))).toMatchObject({
      verdict: 'unwell',
      failed: [{ id: 'vip', seen: 'connection refused' }],
    });
  });

  it('a sample that began in time and ends late is not the last one', async () => {
    const gated = await passing((n) => (n === 0 ? { tookMs: 15_000, seen: FAIL } : PASS), 10_000);
    expect(gated).toMatchObject({ verdict: 'well' });
  });

  it('judges by what is, when it is resumed after its deadline', async () => {
    expect(await passing(() => PASS, -1)).toMatchObject({ verdict: 'well', samples: 3 });
    expect(await passing(() => FAIL, -1)).toMatchObject({ verdict: 'unwell', samples: 1 });
  });
});
