import { beforeEach, describe, expect, test } from 'vitest';
import type { From } from '../../../agent/desired/candidate.ts';
import { endTurn, takeTurn, type TakingTurns } from '../../../agent/fleet/take-turn.ts';
import type { TurnAnswer } from '../../../agent/fleet/turn.ts';
import type { TurnQuestion, Word } from '../../../agent/fleet/turns.ts';
import { NOTHING_SEEN } from '../../../agent/fleet/view.ts';
import type { Fleet } from '../../../agent/fleet/fleet.ts';
import { MANIFEST } from '../../../agent/health/manifest.ts';
import type { LogEvent } from '../../../agent/report/event.ts';
import type { Plan } from '../../../agent/plan/change.ts';
import { writeStatus } from '../../../agent/report/status-file.ts';
import type { Held } from '../../../agent/report/status.ts';
import type { Found } from '../../../agent/source/source.ts';
import { commitOf, ROLE } from '../../support/desired.ts';
import { CLUSTER, FakeFleet, NODE } from '../../support/fake-fleet.ts';
import { heldOf, statusOf } from '../../support/status.ts';

/** Which plans ask the other hosts, what they are asked, and what becomes of the answer. */

const { sha, author, subject } = commitOf(2);
const NEW: From = { commit: sha, author, subject };
const DRIFT: From = { generation: 3, commit: sha };
const GO: TurnAnswer = { go: true, warnings: [] };
const WAIT: TurnAnswer = { wait: { for: NODE[3], why: `waits for ${NODE[3]}, which is paused`, untilMs: 9 } };
const STOP: TurnAnswer = { stop: { by: NODE[3], why: `${NODE[3]} took it back: connection refused` } };
const WORDS = 'commit 222222222222 "change 2"';

const planOf = (from: From, ids: readonly string[] = ['file[/etc/a]'], role: object = ROLE): Plan =>
  ({ of: { from, role, cluster: CLUSTER }, changes: ids.map((id) => ({ id })) }) as unknown as Plan;
const found = (more: Partial<Found> = {}): Found => ({
  newest: null,
  head: commitOf(2),
  ok: true,
  why: null,
  ...more,
});

let others: FakeFleet;
let answer: TurnAnswer;
let questions: TurnQuestion[];
let warned: LogEvent[];
let viewed: number;
let apiServer: boolean | null;
let addresses: readonly string[];
beforeEach(() => {
  others = new FakeFleet();
  [answer, questions, warned, viewed, apiServer] = [GO, [], [], 0, true];
  addresses = ['10.1.1.1'];
});
function toolsOf(fleet: Fleet | null): TakingTurns {
  const nothing = (): void => undefined;
  return {
    state: others.state,
    runtime: others.runtime,
    fleet,
    view: async () => {
      viewed += 1;
      return { ...NOTHING_SEEN, apiServer: { ready: apiServer, seen: null } };
    },
    identity: () => ({ hostname: NODE[1], addresses: new Map([['eth0', addresses]]) }),
    clock: { now: () => 7_000, monotonicMs: () => 0 },
    progress: () => undefined,
    log: { debug: nothing, info: nothing, error: nothing, warn: (event) => warned.push(event) },
  };
}
/** The others answer what the test says, whatever they are asked. */
function take(plan: Plan, at: Found = found()): Promise<Held | null> {
  const fleet = others.open();
  const turns = {
    ...fleet.turns,
    ask: async (question: TurnQuestion) => {
      questions.push(question);
      return answer;
    },
  };
  return takeTurn(plan, at, toolsOf({ ...fleet, turns }));
}
const MANIFEST_FILE = `file[${MANIFEST}]`;

describe('who is asked', () => {
  test('a commit asks, with all hosts of its own cluster.yaml', async () => {
    expect(await take(planOf(NEW))).toBeNull();
    expect(questions).toEqual([
      {
        me: NODE[1],
        commit: sha,
        nodes: CLUSTER.nodes.map(({ name, priority }) => ({ name, priority })),
        rollout: CLUSTER.rollout,
        self: { holdsVip: false, isStuck: false },
        fetched: true,
        apiServer: null,
        isDrift: false,
      },
    ]);
  });

  test('whoever holds the virtual IP says so, and whether the repository was reached is said', async () => {
    addresses = ['10.1.1.1', '10.1.233.1'];
    await take(planOf(NEW), found({ ok: false, why: 'The Git server does not answer.' }));
    expect(questions).toMatchObject([{ self: { holdsVip: true }, fetched: false }]);
  });

  test('drift needs nobody’s leave', async () => {
    answer = WAIT;
    expect(await take(planOf(DRIFT))).toBeNull();
    expect(questions).toEqual([]);
  });

  test.each([MANIFEST_FILE, `yaml[${MANIFEST}]`])('drift of %s does', async (id) => {
    answer = WAIT;
    expect(await take(planOf(DRIFT, ['file[/etc/a]', id]))).toMatchObject({ by: 'turn', for: NODE[3] });
    expect(questions).toMatchObject([{ isDrift: true, commit: sha, apiServer: { ready: true } }]);
  });

  test('a commit that touches the manifest says how this host’s own API server is', async () => {
    apiServer = false;
    await take(planOf(NEW, [MANIFEST_FILE]));
    expect(questions).toMatchObject([{ isDrift: false, apiServer: { ready: false } }]);
    expect(viewed).toBe(1);
  });

  test('other commits do not look for it', async () => {
    await take(planOf(NEW));
    expect(viewed).toBe(0);
  });

  test('a worker has no API server', async () => {
    await take(planOf(NEW, [MANIFEST_FILE], { ...ROLE, role: 'worker', priority: null }));
    expect(questions).toMatchObject([{ apiServer: null }]);
    answer = WAIT;
    expect(await take(planOf(DRIFT, [MANIFEST_FILE], { ...ROLE, role: 'worker' }))).toBeNull();
  });

  test.each<[string, Plan, Found]>([
    [
      'an older generation that a person asked for',
      planOf(NEW),
      found({ again: { head: sha, restored: 1, atMs: 0 } }),
    ],
    ['what comes from a directory', planOf({ directory: '/srv/state' }), found({ head: null })],
    [
      'drift from what came from a directory',
      planOf({ generation: 3, commit: null }, [MANIFEST_FILE]),
      found(),
    ],
  ])('%s asks nobody', async (_, plan, at) => {
    answer = WAIT;
    expect(await take(plan, at)).toBeNull();
    expect(questions).toEqual([]);
  });

  test('an image at rest has nobody to ask', async () => {
    expect(await takeTurn(planOf(NEW), found(), toolsOf(null))).toBeNull();
  });

  test('the hosts of the commit are known from then on, also where it is not its turn', async () => {
    const fleet = others.open();
    const known: string[] = [];
    fleet.onKnown(({ name }) => known.push(name));
    await takeTurn(planOf(DRIFT), found(), toolsOf(fleet));
    await fleet.look();
    expect([known, others.asked.length]).toEqual([['home'], 2]);
  });
});

describe('what becomes of the answer', () => {
  test('whom it goes on without is a warning', async () => {
    answer = { go: true, warnings: ['It goes on without pi-3, which is paused.'] };
    expect(await take(planOf(NEW))).toBeNull();
    expect(warned).toEqual([{ event: 'turn', sentence: 'It goes on without pi-3, which is paused.' }]);
  });

  test('a wait names the host it is for', async () => {
    answer = WAIT;
    expect(await take(planOf(NEW))).toEqual({
      of: WORDS,
      commit: commitOf(2),
      by: 'turn',
      why: `waits for ${NODE[3]}, which is paused`,
      for: NODE[3],
      sinceMs: 7_000,
    });
  });

  test('a stop names the host that stands in the way, and why', async () => {
    answer = STOP;
    expect(await take(planOf(NEW))).toMatchObject({
      why: `${NODE[3]} took it back: connection refused`,
      for: NODE[3],
    });
  });

  const sinceAfter = async (before: Held | null): Promise<number | undefined> => {
    answer = WAIT;
    await writeStatus(statusOf({ held: before }), null, others);
    return (await take(planOf(NEW)))?.sinceMs;
  };
  test('it has waited since the same commit began to, whomever it waited for', async () => {
    expect(await sinceAfter(heldOf({ of: WORDS, by: 'turn', for: NODE[2], sinceMs: 1_000 }))).toBe(1_000);
  });
  test.each<[string, Held | null]>([
    ['nothing waited', null],
    ['another commit waited', heldOf({ of: 'commit 111111111111 "change 1"', by: 'turn', sinceMs: 1_000 })],
    ['it waited for a well virtual IP', heldOf({ of: WORDS, by: 'unwell VIP', sinceMs: 1_000 })],
  ])('where %s it counts from now', async (_, before) => {
    expect(await sinceAfter(before)).toBe(7_000);
  });
});

describe('when a cycle has ended', () => {
  const wordAfter = async (held: Held | null): Promise<Word> => {
    await others.saying.say({ changing: sha });
    await others.saying.stage({ commit: sha, atMs: 9 });
    await endTurn({ held }, others.open());
    return (await others.saying.said()).word;
  };
  const staged = async () => (await others.saying.said()).staged;

  test('nothing is announced any more', async () => {
    expect([await wordAfter(null), await staged()]).toEqual([null, null]);
  });
  test('for whom it waits goes on being said', async () => {
    const held = heldOf({ by: 'turn', for: NODE[3], why: 'waits for it' });
    expect(await wordAfter(held)).toEqual({ waiting: { for: NODE[3], why: 'waits for it' } });
    expect(await staged()).toBeNull();
  });
  test('a wait for no host is named after what it waits for', async () => {
    expect(await wordAfter(heldOf({ by: 'unwell VIP', why: 'it waits' }))).toEqual({
      waiting: { for: 'unwell VIP', why: 'it waits' },
    });
  });
  test('it goes on being ready for a moment at which all change', async () => {
    await wordAfter(heldOf({ by: 'lockstep', why: 'waits until' }));
    expect(await staged()).toEqual({ commit: sha, atMs: 9 });
  });
  test('what cannot be said fails nothing', async () => {
    others.runtime.replace = async () => {
      throw new Error('no space left on device');
    };
    await expect(endTurn({ held: null }, others.open())).resolves.toBeUndefined();
    await expect(endTurn({ held: null }, null)).resolves.toBeUndefined();
  });
});
