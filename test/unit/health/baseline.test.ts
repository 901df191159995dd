import { describe, expect, it } from 'vitest';
import { baselineOf, takeBaseline } from '../../../agent/health/baseline.ts';
import type { Check, Seen } from '../../../agent/health/check.ts';
import { fakeTime } from './fake-time.ts';
import { probesOf } from './probes.ts';

const PASS: Seen = { ok: true };
const FAIL: Seen = { ok: false, seen: 'connection refused' };
const NONE: Seen = { ok: null, why: 'kubeadm has not run here' };

const of = (...seen: readonly Seen[]) =>
  baselineOf(
    [{ id: 'vip' }],
    seen.map((one) => ({ seen: { vip: one } })),
  );

describe('how a host was before a change', () => {
  it.each([
    ['well every time: well', [PASS, PASS, PASS], { passed: ['vip'], failed: [] }],
    [
      'unwell every time: unwell',
      [FAIL, FAIL],
      { passed: [], failed: [{ id: 'vip', seen: 'connection refused' }] },
    ],
    [
      'well now and then: unwell, and not to be demanded afterwards',
      [PASS, FAIL, PASS],
      { passed: [], failed: [{ id: 'vip', seen: 'connection refused' }] },
    ],
    ['without a meaning here: neither', [NONE, NONE], { passed: [], failed: [] }],
    ['with a meaning only later: neither', [NONE, PASS], { passed: [], failed: [] }],
  ])('%s', (_, seen, expected) => {
    expect(of(...seen)).toEqual(expected);
  });

  it('says of a failure what was seen last', () => {
    expect(of(FAIL, { ok: false, seen: 'no answer within 4 s' }).failed).toEqual([
      { id: 'vip', seen: 'no answer within 4 s' },
    ]);
  });

  it('takes several samples, with time between them', async () => {
    const time = fakeTime();
    const atMs: number[] = [];
    const check: Check = {
      id: 'vip',
      about: 'vip',
      run: async () => {
        atMs.push(time.now);
        return atMs.length === 2 ? FAIL : PASS;
      },
    };
    const baseline = await takeBaseline([check], probesOf(), time);
    expect(baseline).toEqual({ passed: [], failed: [{ id: 'vip', seen: 'connection refused' }] });
    expect(atMs).toEqual([0, 500, 1_000]);
  });

  it('asks again after the agent was frozen: what was well then must be well afterwards', async () => {
    const time = fakeTime();
    let n = 0;
    const check: Check = {
      id: 'vip',
      about: 'vip',
      run: async () => {
        n += 1;
        if (n !== 2) return PASS;
        time.now += 90_000;
        return { ok: false, seen: 'no answer within 4 s' };
      },
    };
    expect(await takeBaseline([check], probesOf(), time)).toEqual({ passed: ['vip'], failed: [] });
    expect(n).toBe(4);
  });
});
