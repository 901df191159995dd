import { describe, expect, test } from 'vitest';
import type { Choice } from '../../../agent/plan/choose.ts';
import { statusOf as statusAt, type Ended } from '../../../agent/report/status-of.ts';
import type { LastChange, Status } from '../../../agent/report/status.ts';
import { NEW_LEDGER } from '../../../agent/transaction/ledger.ts';
import { commitOf, ROLE } from '../../support/desired.ts';
import { changeOf, heldOf, pausedOf, statusOf, stuckOf, takenBackOf } from '../../support/status.ts';

const planOf = (from: object, more: object = {}): NonNullable<Choice['plan']> =>
  ({
    of: { from, role: ROLE, cluster: { vip: '10.1.233.1' }, resources: [] },
    observed: new Map(),
    changes: [],
    steps: [],
    waiting: [],
    refused: [],
    ...more,
  }) as unknown as NonNullable<Choice['plan']>;
const IN_FORCE = planOf({ generation: 1, commit: commitOf(1).sha });
const { sha, author, subject } = commitOf(2);
const NEWEST = planOf({ commit: sha, author, subject });
const DRIFT = changeOf({ tx: 3, changes: [{ id: 'file[/etc/b]', why: 'drift', summary: ['content'] }] });
const REFUSED: Choice = { plan: IN_FORCE, refused: { from: { directory: '/srv' }, reasons: ['no YAML'] } };

const ended = (more: Partial<Ended> = {}): Ended => ({
  ledger: { ...NEW_LEDGER, generation: 1 },
  committed: { commit: commitOf(1), candidate: { role: ROLE } } as unknown as Ended['committed'],
  lost: null,
  found: { newest: 'committed', head: commitOf(2), ok: true, why: null },
  mode: 'apply',
  choice: { plan: IN_FORCE, refused: null },
  done: [],
  held: null,
  paused: null,
  stuck: null,
  ...more,
});
const status = (
  more: Partial<Ended> = {},
  before: Status | null = null,
  nowMs = 1_000_000,
): Promise<Status> =>
  statusAt(ended(more), before, {
    release: '1.0.0',
    kinds: {} as never,
    host: { files: {} as never },
    identity: () => ({ hostname: 'kubernetes-node-1', addresses: new Map() }),
    clock: { now: () => nowMs, monotonicMs: () => nowMs },
  });

describe('of several things that are true, the outcome is what a person has to know first', () => {
  const unlisted: Partial<Ended> = {
    found: { ...ended().found, newest: { from: { directory: '/srv' }, noDesiredState: 'It is not listed.' } },
  };
  const rows: readonly (readonly [Status['outcome'], string | RegExp | null, Partial<Ended>])[] = [
    ['no desired state', 'It is not listed.', unlisted],
    ['stuck', /^Commit 222222222222 .* could not be taken back completely; /, { stuck: stuckOf() }],
    [
      'paused',
      /^Paused by ada: trying a kernel\. Nothing is changed .* holdfast resume$/,
      { paused: pausedOf() },
    ],
    [
      'rolled back',
      'Commit 222222222222 "change 2" by Ada was taken back, 74.2 s after it was begun: https[10.1.233.1:6443]/answers: connection refused.',
      { done: [takenBackOf()] },
    ],
    [
      'degraded',
      /^The change is kept, .* still unwell\./,
      { done: [changeOf({ end: 'degraded', note: 'still unwell' })] },
    ],
    ['refused', 'no YAML', { choice: REFUSED }],
    [
      'held',
      /^Commit 222222222222 "change 2" is held: it waits for the virtual IP to be well\./,
      { held: heldOf() },
    ],
    ['nothing known', 'there is no commit to follow yet.', { choice: { plan: null, refused: null } }],
    [
      'failed',
      'file[/etc/a]: is a directory',
      {
        choice: {
          plan: planOf({ generation: 1 }, { refused: [{ id: 'file[/etc/a]', why: 'is a directory' }] }),
          refused: null,
        },
      },
    ],
    ['changed', null, { done: [changeOf()] }],
    ['in desired state', null, {}],
  ];

  test.each(rows)('%s', async (outcome, why, more) => {
    const said = await status(more);
    expect(said.outcome).toBe(outcome);
    if (why === null || typeof why === 'string') expect(said.why).toBe(why);
    else expect(said.why).toMatch(why);
  });

  test('released stays so where the host is taken out of the cluster as well', async () => {
    const pinned = { head: null, restored: 1, atMs: 1_000, released: 'ada' };
    const said = await status({ ...unlisted, ledger: { ...NEW_LEDGER, generation: 1, pinned } });
    expect(said.outcome).toBe('released');
  });

  test('each one before those that follow', async () => {
    for (const [at, [outcome, , more]] of rows.entries())
      for (const [, , other] of rows.slice(at + 1))
        expect((await status({ ...other, ...more })).outcome).toBe(outcome);
  });
});

describe('of several changes in one cycle', () => {
  test('drift that was put right after one that was taken back does not make it well', async () => {
    expect(await status({ done: [takenBackOf(), DRIFT] })).toMatchObject({
      outcome: 'rolled back',
      lastChange: { tx: 2 },
      lastDrift: { tx: 3 },
    });
  });

  test('a commit that is brought after recovery has taken another one back does', async () => {
    const newest = changeOf({ tx: 3, of: 'commit 222222222222 "change 2"', commit: commitOf(2) });
    const older = takenBackOf({ of: 'commit 111111111111 "change 1"', note: 'It was replaced.' });
    const said = await status({ done: [older, newest], choice: { plan: NEWEST, refused: null } });
    expect(said).toMatchObject({ outcome: 'changed', lastChange: { tx: 3 }, commit: commitOf(2) });
    const again = await status({
      done: [takenBackOf({ quarantined: false }), newest],
      choice: { plan: NEWEST, refused: null },
    });
    expect(again).toMatchObject({ outcome: 'changed', commit: commitOf(2) });
  });
});

describe('the commit in force is the newest one only once it was kept', () => {
  const choice: Choice = { plan: NEWEST, refused: null };
  test.each<readonly [string, readonly LastChange[], Partial<Ended>, number]>([
    ['nothing had to change for it', [], {}, 2],
    [
      'it was kept although something is unwell',
      [changeOf({ of: takenBackOf().of, end: 'degraded' })],
      {},
      2,
    ],
    ['it was taken back', [takenBackOf()], {}, 1],
    ['it is stuck on its way back', [stuckOf()], { stuck: stuckOf() }, 1],
    ['the host is paused', [], { paused: pausedOf() }, 1],
    ['it is held', [], { held: heldOf() }, 1],
  ])('%s', async (_, done, more, n) => {
    expect((await status({ choice, done, ...more })).commit).toEqual(commitOf(n));
  });
});

describe('a pause', () => {
  const DAY_MS = 86_400_000;
  const saidAt = async (
    nowMs: number,
    before: Partial<Status>,
    paused = pausedOf(),
  ): Promise<number | null> => (await status({ paused }, statusOf(before), nowMs)).pauseSaidMs;

  test('was said when it began, is said again after a day, and when another one replaces it', async () => {
    expect(await saidAt(1000, {})).toBe(1000);
    expect(await saidAt(DAY_MS, { paused: pausedOf(), pauseSaidMs: 1000 })).toBe(1000);
    expect(await saidAt(DAY_MS + 1000, { paused: pausedOf(), pauseSaidMs: 1000 })).toBe(DAY_MS + 1000);
    expect(await saidAt(2000, { paused: pausedOf(), pauseSaidMs: 1000 }, pausedOf({ by: 'bob' }))).toBe(2000);
    expect((await status({}, statusOf({ paused: pausedOf(), pauseSaidMs: 1 }))).pauseSaidMs).toBeNull();
  });

  test('is not silent for years because a clock was set back', async () => {
    expect(await saidAt(5000, { paused: pausedOf(), pauseSaidMs: 9_000_000_000_000 })).toBe(5000);
  });
});

describe('a change that is stuck', () => {
  test('is as it was told until an attempt fails in another way, so that the card is not worn out', async () => {
    const before = statusOf({ stuck: stuckOf() });
    const later = stuckOf({ tookMs: 900_000 });
    expect((await status({ stuck: later }, before)).stuck).toEqual(stuckOf());
    const other = stuckOf({ tookMs: 900_000, note: '/etc is read-only' });
    expect(await status({ stuck: other }, before)).toMatchObject({ stuck: other, lastChange: other });
    expect((await status({ stuck: stuckOf({ tx: 9 }) }, before)).stuck).toEqual(stuckOf({ tx: 9 }));
  });
});
