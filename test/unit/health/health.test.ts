import { describe, expect, test } from 'vitest';
import type { Seen } from '../../../agent/health/check.ts';
import type { HealthFacts, Others } from '../../../agent/health/checks-for.ts';
import { openHealth, type Before, type Judged, type Looking } from '../../../agent/health/health.ts';
import { gateOf } from '../../../agent/health/gate.ts';
import type { Sample } from '../../../agent/health/sample.ts';
import type { Probes } from '../../../agent/host/probes.ts';
import { fakeTime } from './fake-time.ts';
import { HERE, probesOf, REFUSED } from './probes.ts';

/** The health of a host that asks others what they see of the virtual IP. */

const WITNESS = 'witness[10.1.233.1:6443]';
const UNKNOWN: Seen = { ok: null, why: 'no other host can be asked' };
const FACTS: HealthFacts = { ...HERE, units: [], remoteCounts: false };
const others = (seen: Seen): Others => ({
  witness: () => ({ id: WITNESS, about: 'witness', run: async () => seen }),
});
/** Every check had passed before. */
const before = (passed: readonly string[]): Before => ({
  facts: FACTS,
  gate: { ...gateOf(HERE.cluster, { passed: [...passed], failed: [] }, 0), patienceMs: 5_000 },
  live: [],
});
const PASSED = ['https[10.1.233.1:6443]/answers', 'https[10.1.233.1:6443]/name', WITNESS];

function judged(
  looking: Looking['others'],
  probes: Probes = probesOf(),
  samples: Sample[] = [],
): Promise<Judged> {
  const health = openHealth(probes, fakeTime(), {
    others: looking,
    onSample: (sample) => void samples.push(sample),
  });
  const until = { deadlineMs: 60_000, stopping: new AbortController().signal };
  return health.passGate(before(PASSED), false, until);
}

describe('a change that passes every check of this host', () => {
  test('is well where others reach the virtual IP', async () => {
    expect(await judged(others({ ok: true }))).toMatchObject({
      verdict: 'well',
      vipWell: true,
      unwitnessed: null,
    });
  });
  test('is unwell where others do not reach it any more', async () => {
    const seen = 'pi-2 does not reach it: timed out';
    expect(await judged(others({ ok: false, seen }))).toMatchObject({
      verdict: 'unwell',
      failed: [{ id: WITNESS, seen }],
      vipWell: false,
    });
  });
  test('is well, and unwitnessed, where nobody can be asked any more', async () => {
    expect(await judged(others(UNKNOWN))).toMatchObject({
      verdict: 'well',
      vipWell: true,
      unwitnessed: 'no other host can be asked',
    });
  });
  test('needs no witness where there are no others', async () => {
    expect(await judged(null)).toMatchObject({ verdict: 'well', vipWell: true, unwitnessed: null });
  });
});

test('a virtual IP that does not answer here is not well because nobody else was asked', async () => {
  const probes = probesOf({ http: async () => REFUSED });
  expect(await judged(others(UNKNOWN), probes)).toMatchObject({ verdict: 'unwell', vipWell: false });
});

test('every sample is shown to whoever counts them', async () => {
  const samples: Sample[] = [];
  await judged(others(UNKNOWN), probesOf(), samples);
  expect(samples).toHaveLength(3);
  expect(samples.at(-1)?.seen[WITNESS]).toEqual(UNKNOWN);
});

describe('after a way back', () => {
  const vipAfter = (seen: readonly Seen[]): Promise<string | null> => {
    let at = 0;
    const witness = {
      id: WITNESS,
      about: 'witness' as const,
      run: async () => seen[Math.min(at++, seen.length - 1)]!,
    };
    const health = openHealth(probesOf(), fakeTime(), {
      others: { witness: () => witness },
      onSample: () => undefined,
    });
    return health.vipAfter(before(PASSED));
  };
  test('the virtual IP answers when others reach it again', async () => {
    const away: Seen = { ok: false, seen: 'pi-2 does not reach it' };
    expect(await vipAfter([away, away, away, { ok: true }])).toBe('the virtual IP answers again after 1.5 s');
  });
  test('others that cannot be asked do not keep it from answering', async () => {
    expect(await vipAfter([UNKNOWN])).toBe('the virtual IP answers at once');
  });
});
