import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { About, Seen } from '../../../agent/health/check.ts';
import {
  addSample,
  gateAfterBoot,
  gateOf,
  judge,
  type Gate,
  type Runs,
  type Verdict,
} from '../../../agent/health/gate.ts';
import { clusterWith } from './probes.ts';

const VIP = { id: 'vip', about: 'vip' as About };
const UNIT = { id: 'unit', about: 'local' as About };
const DNS = { id: 'dns', about: 'own' as About };
const GIT = { id: 'git', about: 'remote' as About };
const ALL = [VIP, UNIT, DNS, GIT];

const gate = (more: Partial<Gate> = {}): Gate => ({
  baseline: { passed: ['vip', 'unit', 'dns', 'git'], failed: [] },
  strict: false,
  consecutive: 3,
  withinMs: 60_000,
  steadyMs: 0,
  patienceMs: 8_000,
  ...more,
});
const before = (...failed: string[]): Partial<Gate> => ({
  baseline: {
    passed: ['vip', 'unit', 'dns', 'git'].filter((id) => !failed.includes(id)),
    failed: failed.map((id) => ({ id, seen: 'before' })),
  },
});

const seenAs: Readonly<Record<string, Seen>> = {
  '+': { ok: true },
  '-': { ok: false, seen: 'connection refused' },
  '.': { ok: null, why: 'not here' },
};
type Story = Readonly<Partial<Record<'vip' | 'unit' | 'dns' | 'git', string>>>;

/** A sample a second, a character a sample: `+` passes, `-` fails, `.` makes no sense here. What is not told passes. */
function tell(story: Story, asked: Gate = gate(), checks = ALL): { verdict: Verdict | null; atMs: number } {
  let runs: Runs = new Map();
  const length = Math.max(...Object.values(story).map((line) => line.length));
  for (let n = 0; n < length; n += 1) {
    const [fromMs, toMs] = [n * 1_000, n * 1_000 + 10];
    const seen = Object.fromEntries(
      checks.map(({ id }) => [id, seenAs[story[id as keyof Story]?.[n] ?? '+']!]),
    );
    runs = addSample(runs, { fromMs, toMs, seen }, checks, asked);
    const verdict = judge(runs, checks, asked, toMs, asked.withinMs);
    if (verdict !== null) return { verdict, atMs: toMs };
  }
  return { verdict: null, atMs: length * 1_000 };
}
const told = (story: Story, asked?: Gate): string => {
  const { verdict, atMs } = tell(story, asked);
  return verdict === null ? 'goes on' : `${verdict.verdict} after ${Math.round(atMs / 1_000)} s`;
};
const line = (part: string, times: number): string => part.repeat(times);

describe('everything was well before', () => {
  it.each<[string, Story, string]>([
    ['three passes in a row are enough', { vip: '+++' }, 'well after 2 s'],
    ['two are not', { vip: '++' }, 'goes on'],
    ['a hand-over of the VIP rolls nothing back', { vip: '----+++' }, 'well after 6 s'],
    ['a VIP that stays away does, before the window ends', { vip: line('-', 60) }, 'unwell after 8 s'],
    ['one that comes and goes is not well', { vip: line('-++', 20) }, 'goes on'],
    [
      'one that comes and goes is unwell when the window ends on a failure',
      { vip: line('-++', 21) },
      'unwell after 60 s',
    ],
    ['a unit that dies', { unit: line('-', 60) }, 'unwell after 8 s'],
    ["a check of the user's that fails now", { dns: line('-', 60) }, 'unwell after 8 s'],
    ['a Git server that is lost', { git: line('-', 60) }, 'unwell after 8 s'],
    ['a check that no longer makes sense is a lost one', { vip: line('.', 60) }, 'unwell after 8 s'],
  ])('%s', (_, story, expected) => {
    expect(told(story)).toBe(expected);
  });

  it('names what failed and what was seen', () => {
    expect(tell({ vip: line('-', 60), dns: line('+', 60) }).verdict).toEqual({
      verdict: 'unwell',
      failed: [{ id: 'vip', seen: 'connection refused' }],
    });
  });

  it('watches longer where faults take their time to show', () => {
    const slow = gate({ steadyMs: 10_000 });
    expect(told({ vip: line('+', 20) }, slow)).toBe('well after 10 s');
    expect(told({ vip: `+++++${line('-', 20)}` }, slow)).toBe('unwell after 13 s');
  });
});

describe('something was unwell before', () => {
  it.each<[string, Partial<Gate>, Story, string]>([
    ['a VIP that stays unwell', before('vip'), { vip: line('-', 60) }, 'degraded after 8 s'],
    ['a VIP that recovers', before('vip'), { vip: '---+++' }, 'well after 5 s'],
    [
      'a unit that goes away while the VIP is unwell',
      before('vip'),
      { vip: line('-', 60), unit: line('-', 60) },
      'unwell after 8 s',
    ],
    ['a unit of this host is not excused', before('unit'), { unit: line('-', 60) }, 'unwell after 8 s'],
    ["a user's check that stays unwell", before('dns'), { dns: line('-', 60) }, 'degraded after 8 s'],
    ['a Git server that was away all along', before('git'), { git: line('-', 60) }, 'well after 2 s'],
    [
      'strictly: the VIP must be well',
      { ...before('vip'), strict: true },
      { vip: line('-', 60) },
      'unwell after 8 s',
    ],
    ['strictly: Git need not', { ...before('git'), strict: true }, { git: line('-', 60) }, 'well after 2 s'],
  ])('%s', (_, more, story, expected) => {
    expect(told(story, gate(more))).toBe(expected);
  });

  it('a check that made no sense before and passes now is no news', () => {
    expect(told({ vip: '+++' }, gate({ baseline: { passed: ['unit'], failed: [] } }))).toBe('well after 2 s');
  });

  it('a unit that this change brings must run', () => {
    const fresh = gate({ baseline: { passed: ['vip'], failed: [] } });
    expect(told({ unit: line('-', 60) }, fresh)).toBe('unwell after 8 s');
    expect(told({ unit: '...' }, fresh)).toBe('well after 2 s');
  });
});

describe('what other hosts see of the virtual IP', () => {
  const WITNESS = { id: 'dns', about: 'witness' as About };
  const seen = (samples: string, asked: Gate): string => {
    const { verdict, atMs } = tell({ dns: samples }, asked, [VIP, UNIT, WITNESS]);
    return verdict === null ? 'goes on' : `${verdict.verdict} after ${Math.round(atMs / 1_000)} s`;
  };
  it.each<[string, Partial<Gate>, string, string]>([
    ['that they do not reach it any more', {}, line('-', 60), 'unwell after 8 s'],
    ['that nobody can be asked any more, which is no failure', {}, '...', 'well after 2 s'],
    ['that one after the other can be asked or not', {}, '+.+', 'well after 2 s'],
    [
      'that they cannot be asked any more after they did not reach it',
      {},
      `----${line('.', 56)}`,
      'unwell after 8 s',
    ],
    ['as before, that they do not reach it', before('dns'), line('-', 60), 'degraded after 8 s'],
    [
      'for the first time, that they do not reach it',
      { baseline: { passed: ['vip', 'unit'], failed: [] } },
      line('-', 60),
      'degraded after 8 s',
    ],
  ])('%s', (_, more, samples, expected) => {
    expect(seen(samples, gate(more))).toBe(expected);
  });
  it('strictly, not knowing is no failure either', () => {
    expect(seen('...', gate({ strict: true }))).toBe('well after 2 s');
  });
});

describe('after the deadline', () => {
  const late = (asked: Gate, seen: readonly string[]): string => {
    let runs: Runs = new Map();
    for (const [n, one] of seen.entries()) {
      const [fromMs, toMs] = [1e6 + n * 1_000, 1e6 + n * 1_000 + 10];
      runs = addSample(
        runs,
        { fromMs, toMs, seen: { vip: seenAs[one]!, unit: seenAs['+']! } },
        [VIP, UNIT],
        asked,
      );
      const verdict = judge(runs, [VIP, UNIT], asked, toMs, 60_000);
      if (verdict !== null) return `${verdict.verdict} after ${n + 1}`;
    }
    return 'goes on';
  };

  it('a change that was interrupted and is healthy now is kept, for time alone is no verdict', () => {
    expect(late(gate({ steadyMs: 10_000 }), ['+', '+', '+'])).toBe('well after 3');
  });
  it('one that fails now is not', () => {
    expect(late(gate(), ['-'])).toBe('unwell after 1');
    expect(late(gate(), ['+', '+', '-'])).toBe('unwell after 3');
  });
  it('a VIP that was unwell before is excused to the end', () => {
    expect(late(gate(before('vip')), ['-', '-', '-'])).toBe('degraded after 3');
  });
  it('one that recovers then delays nothing', () => {
    expect(late(gate(before('vip')), ['-', '+', '+'])).toBe('well after 3');
  });
});

describe('whatever is seen', () => {
  const anything = fc.record({
    checks: fc.subarray(ALL, { minLength: 1 }),
    passed: fc.subarray(['vip', 'unit', 'dns', 'git']),
    strict: fc.boolean(),
    consecutive: fc.integer({ min: 1, max: 5 }),
    steadyMs: fc.integer({ min: 0, max: 20_000 }),
    patienceMs: fc.integer({ min: 0, max: 20_000 }),
    samples: fc.array(
      fc.record({
        tookMs: fc.integer({ min: 1, max: 9_000 }),
        seen: fc.string({ unit: fc.constantFrom('+', '-', '.'), minLength: 4, maxLength: 4 }),
      }),
      { minLength: 80, maxLength: 90 },
    ),
  });

  it('it ends by the deadline and a few samples, never well over a failure, never unwell without one', () => {
    fc.assert(
      fc.property(anything, ({ checks, passed, samples, ...more }) => {
        const asked = gate({ ...more, withinMs: 30_000, baseline: { passed, failed: [] } });
        const required = (id: string, about: About): boolean =>
          about === 'local' || passed.includes(id) || (asked.strict && about !== 'remote');
        let runs: Runs = new Map();
        let [toMs, late] = [0, 0];
        const history: Readonly<Record<string, Seen>>[] = [];
        for (const { tookMs, seen } of samples) {
          const fromMs = toMs + 1_000;
          toMs = fromMs + tookMs;
          history.push(Object.fromEntries(checks.map(({ id }, n) => [id, seenAs[seen[n]!]!])));
          runs = addSample(runs, { fromMs, toMs, seen: history.at(-1)! }, checks, asked);
          const verdict = judge(runs, checks, asked, toMs, 30_000);
          if (toMs >= 30_000) late += 1;
          expect(late).toBeLessThanOrEqual(asked.consecutive);
          if (verdict === null) continue;
          const recent = history.slice(-asked.consecutive);
          const failing = (one: Readonly<Record<string, Seen>>): string[] =>
            checks
              .filter(({ id, about }) => required(id, about))
              .filter(({ id }) => one[id]!.ok === false || (one[id]!.ok === null && passed.includes(id)))
              .map(({ id }) => id);
          if (verdict.verdict === 'unwell') {
            expect(verdict.failed.length).toBeGreaterThan(0);
            expect(failing(history.at(-1)!)).toEqual(
              expect.arrayContaining(verdict.failed.map(({ id }) => id)),
            );
          } else {
            if (checks.some(({ id, about }) => required(id, about)))
              expect(recent.length).toBe(asked.consecutive);
            expect(recent.flatMap(failing)).toEqual([]);
          }
          return;
        }
        expect.fail(`no verdict after ${toMs} ms`);
      }),
    );
  });
});

describe('the gate of a cluster', () => {
  it('waits as long as a hand-over takes, and follows the advert interval', () => {
    const of = (advertIntervalMs: number): number => {
      const cluster = clusterWith();
      return gateOf(
        { ...cluster, vrrp: { ...cluster.vrrp, advertIntervalMs } },
        { passed: [], failed: [] },
        0,
      ).patienceMs;
    };
    expect([of(200), of(1_000), of(5_000), of(60_000)]).toEqual([6_000, 7_600, 22_000, 60_000]);
  });

  it('leaves room for a verdict in a short window', () => {
    expect(gateOf(clusterWith({ withinMs: 10_000 }), { passed: [], failed: [] }, 10_000)).toMatchObject({
      steadyMs: 5_000,
      patienceMs: 7_600,
    });
  });

  it('is patient after a reboot, when everything starts at once', () => {
    const boot = gateAfterBoot(gate());
    expect(told({ vip: `${line('-', 90)}+++` }, boot)).toBe('well after 92 s');
    expect(told({ vip: line('-', 400) }, boot)).toBe('unwell after 300 s');
  });
});
