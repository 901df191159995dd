import { describe, expect, it } from 'vitest';
import { LONGEST_CHANGE_MS } from '../../../agent/fleet/blocking.ts';
import { remember } from '../../../agent/fleet/sightings.ts';
import { apiServerTurn, turn, type TurnAnswer, type TurnAsked } from '../../../agent/fleet/turn.ts';
import { turnOrder } from '../../../agent/fleet/turn-order.ts';
import { askedBy, has, MIN, NEW, NODES, NOW, OLD, peer, type Said } from './fleet-of.ts';

const GO = { go: true, warnings: [] };
const answerTo = (me: string, said: Said, more: Partial<TurnAsked> = {}, before: Said = {}): TurnAnswer =>
  turn(askedBy(me, said, more, before), null).answer;

/** What is answered when the same has been so for this long. */
function after(ms: number, asked: TurnAsked): TurnAnswer {
  const first = turn(asked, null).waited;
  const nowMs = asked.nowMs + ms;
  const sightings = new Map(
    [...asked.sightings].map(([name, one]) => [
      name,
      one.silent === null ? { ...one, askedMs: nowMs, answeredMs: nowMs } : one,
    ]),
  );
  return turn({ ...asked, nowMs, sightings }, first).answer;
}
const why = (answer: TurnAnswer): string =>
  'go' in answer
    ? `go ${answer.warnings.join(' ')}`.trim()
    : 'wait' in answer
      ? answer.wait.why
      : `STOP: ${answer.stop.why}`;

describe('who comes before whom', () => {
  const none = { holders: new Set<string>(), stuck: new Set<string>() };
  const nodes = [...NODES, { name: 'worker-1', priority: null }, { name: 'pi-4', priority: 98 }];

  it('the lowest priority first, equal ones by name, workers after the control plane', () => {
    expect(turnOrder(nodes, null, none)).toEqual(['pi-3', 'pi-4', 'pi-2', 'pi-1', 'worker-1']);
  });
  it('whoever holds the virtual IP is the last of the control plane, whatever its priority', () => {
    expect(turnOrder(nodes, null, { ...none, holders: new Set(['pi-3']) })).toEqual([
      'pi-4',
      'pi-2',
      'pi-1',
      'pi-3',
      'worker-1',
    ]);
  });
  it("the user's order, and what it leaves out after it", () => {
    expect(turnOrder(nodes, ['pi-1', 'worker-1'], { ...none, holders: new Set(['pi-1']) })).toEqual([
      'pi-1',
      'worker-1',
      'pi-3',
      'pi-4',
      'pi-2',
    ]);
  });
  it('a stuck host before all others', () => {
    expect(turnOrder(nodes, null, { holders: new Set(['pi-1']), stuck: new Set(['pi-1']) })[0]).toBe('pi-1');
  });
});

describe('a commit goes through the hosts one after the other', () => {
  it('the first one goes at once', () => {
    expect(answerTo('pi-3', {})).toEqual(GO);
  });
  it('the next one waits until the first has been well with it for the time to settle', () => {
    expect(why(answerTo('pi-2', {}))).toBe(
      'waits for pi-3, which has its turn before this host, and has not applied this commit yet',
    );
    expect(why(answerTo('pi-2', { 'pi-3': has('pi-3', { settledMs: 9_000 }) }))).toBe(
      'waits for pi-3, which has this commit and has not been well with it for long enough',
    );
    expect(answerTo('pi-2', { 'pi-3': has('pi-3', { settledMs: 10_000 }) })).toEqual(GO);
  });
  it('the holder of the virtual IP comes last', () => {
    const held = { vip: { held: true, answers: true, seen: null } };
    const lost = { vip: { held: false, answers: true, seen: null } };
    const moved = { 'pi-1': peer('pi-1', lost), 'pi-2': peer('pi-2', held), 'pi-3': has('pi-3') };
    expect(answerTo('pi-2', moved, { self: { holdsVip: true, isStuck: false } })).toMatchObject({
      wait: { for: 'pi-1' },
    });
    expect(answerTo('pi-1', moved, { self: { holdsVip: false, isStuck: false } })).toEqual(GO);
  });
  it('nobody begins while another host is changing, wherever it is in the order', () => {
    const changing = peer('pi-1', { phase: 'verifying', changing: NEW });
    expect(why(answerTo('pi-3', { 'pi-1': changing }))).toBe(
      'waits for pi-1, which is verifying commit bbbbbbbbbbbb',
    );
  });
  it('all at once where the user wants that', () => {
    const rollout = { order: null, settleMs: 0, unreachableMs: 0, strategy: 'together' } as const;
    expect(answerTo('pi-1', {}, { rollout })).toEqual(GO);
  });
  it('two that wait for each other do not: the one that is waited for goes', () => {
    const waiting = peer('pi-3', { waiting: { for: 'pi-2', why: 'waits for pi-2' } });
    expect(answerTo('pi-2', { 'pi-3': waiting })).toEqual(GO);
  });
});

describe('what speaks against a commit stops it', () => {
  const takenBack = [{ commit: NEW, why: 'the VIP did not answer' }];
  it('a host that took it back, also one that comes later in the order', () => {
    const bad = { takenBack, outcome: 'rolled back' } as const;
    const stop = 'STOP: pi-3 took it back: the VIP did not answer';
    expect(why(answerTo('pi-2', { 'pi-3': peer('pi-3', bad) }))).toBe(stop);
    expect(why(answerTo('pi-3', { 'pi-1': peer('pi-1', bad) }))).toContain('pi-1 took it back');
  });
  it('also after that host has gone silent, or does not say it any more', () => {
    const said = { 'pi-3': peer('pi-3', { takenBack }) };
    expect(why(answerTo('pi-2', { 'pi-3': 20 * MIN }, {}, said))).toContain('pi-3 took it back');
    expect(why(answerTo('pi-2', { 'pi-3': peer('pi-3') }, {}, said))).toContain('pi-3 took it back');
  });
  it('and when only another host has seen that', () => {
    const sees = [{ name: 'pi-3', agoMs: 5_000, changing: null, tookBack: NEW }];
    expect(why(answerTo('pi-2', { 'pi-3': 20 * MIN, 'pi-1': peer('pi-1', { sees }) }))).toBe(
      'STOP: pi-3 took it back, as other hosts have seen',
    );
  });
  it('not when it was tried again there and went well', () => {
    const said = { 'pi-3': peer('pi-3', { takenBack }) };
    expect(answerTo('pi-2', { 'pi-3': has('pi-3') }, {}, said)).toEqual(GO);
  });
  it('another commit was taken back: this one goes on', () => {
    const other = [{ commit: OLD, why: 'x' }];
    expect(answerTo('pi-2', { 'pi-3': has('pi-3', { takenBack: other }) })).toEqual(GO);
  });
  it('a host before this one that refuses it', () => {
    expect(why(answerTo('pi-2', { 'pi-3': peer('pi-3', { outcome: 'refused' }) }))).toBe(
      'STOP: pi-3, whose turn is before this host\'s, refuses it ("holdfast why" there)',
    );
  });
  it('a host that is stuck on its way back from it', () => {
    const stuck = peer('pi-3', { phase: 'stuck', changing: NEW });
    expect(why(answerTo('pi-2', { 'pi-3': stuck }))).toBe(
      'STOP: pi-3 tried it, and is stuck on its way back',
    );
  });
  it('a host that was applying it, is at rest, and leaves out what became of it', () => {
    const applying = { 'pi-1': peer('pi-1', { phase: 'applying', changing: NEW }) };
    const asked = askedBy('pi-3', { 'pi-1': peer('pi-1') }, {}, applying);
    expect(why(turn(asked, null).answer)).toContain('pi-1, which was applying this commit, and does not say');
    expect(why(after(10 * MIN, asked))).toMatch(/^STOP: pi-1 was applying/);
    const waiting = { for: 'pi-3', why: 'waits for pi-3' };
    expect(answerTo('pi-3', { 'pi-1': peer('pi-1', { waiting }) }, {}, applying)).toEqual(GO);
  });
  it('a host that went silent while it was applying it, as this host or another one has seen', () => {
    const applying = { 'pi-3': peer('pi-3', { phase: 'applying', changing: NEW }) };
    const gone =
      'STOP: pi-3 was about to apply this commit, or applying it, when it went silent (connection refused)';
    expect(why(answerTo('pi-2', { 'pi-3': 20 * MIN }, {}, applying))).toBe(gone);
    const sees = [{ name: 'pi-3', agoMs: 19 * MIN, changing: NEW, tookBack: null }];
    expect(why(answerTo('pi-2', { 'pi-3': 20 * MIN, 'pi-1': peer('pi-1', { sees }) }))).toBe(gone);
  });
});

describe('no wait is without an end', () => {
  const silentFor = (ms: number): TurnAnswer => answerTo('pi-2', { 'pi-3': ms });
  it('a host that does not answer is skipped after the time for it, with a warning', () => {
    expect(silentFor(5 * MIN)).toEqual({
      wait: {
        for: 'pi-3',
        why: 'waits for pi-3, which does not answer (connection refused)',
        untilMs: NOW + 5 * MIN,
      },
    });
    expect(silentFor(10 * MIN)).toEqual({
      go: true,
      warnings: ['It goes on without pi-3, which does not answer (connection refused).'],
    });
  });
  it('a question that gets lost once is none', () => {
    expect(answerTo('pi-3', { 'pi-1': 1_000 })).toEqual(GO);
  });
  it.each([
    ['paused', peer('pi-3', { paused: true }), 'is paused', 10 * MIN, 'go'],
    ['behind', peer('pi-3', { head: OLD }), 'has not fetched this commit yet', 10 * MIN, 'go'],
    [
      'never settled',
      has('pi-3', { settledMs: null }),
      'has this commit and has not been well',
      10 * MIN,
      'go',
    ],
    [
      'as unwell as before',
      has('pi-3', { settledMs: null, outcome: 'degraded' }),
      'is not well, as before',
      10_000,
      'go',
    ],
    ['idle in its turn', peer('pi-3'), 'has its turn before this host', 10 * MIN, 'STOP'],
    [
      'changing for ever',
      peer('pi-3', { phase: 'applying', changing: OLD }),
      'is applying',
      LONGEST_CHANGE_MS,
      'STOP',
    ],
    ['stuck', peer('pi-3', { phase: 'stuck', changing: OLD }), 'is stuck on its way back', 10 * MIN, 'STOP'],
    ['of unknown head', peer('pi-3', { head: null }), 'has its turn before this host', 10 * MIN, 'STOP'],
  ])('a host that is %s', (_, said, words, limitMs, then) => {
    const asked = askedBy('pi-2', { 'pi-3': said });
    expect(why(turn(asked, null).answer)).toContain(
      `waits for pi-3, which ${words}`.replace('which is not', 'which has this commit and is not'),
    );
    expect(why(after(limitMs - 1, asked))).toContain('waits for pi-3');
    expect(why(after(limitMs, asked))).toMatch(new RegExp(`^${then}\\b.*pi-3`));
  });
  it('a host that follows another commit is not passed by one that cannot fetch itself', () => {
    const asked = askedBy('pi-2', { 'pi-3': has('pi-3', { head: OLD, commit: OLD }) }, { fetched: false });
    expect(why(after(10 * MIN, asked))).toBe(
      'STOP: pi-3 follows another commit, and this host cannot reach the repository',
    );
  });
  it('a peer that comes and goes adds up', () => {
    const paused = askedBy('pi-2', { 'pi-3': peer('pi-3', { paused: true }) });
    let { waited } = turn(paused, null);
    for (let minute = 1; minute <= 40; minute += 1) {
      const isPaused = minute % 2 === 0;
      const sightings = remember(
        paused.sightings,
        {
          askedMs: NOW + minute * MIN,
          answeredMs: NOW + minute * MIN,
          answers: new Map([
            ['pi-1', peer('pi-1')],
            ['pi-3', peer('pi-3', isPaused ? { paused: true } : { head: OLD })],
          ]),
        },
        'pi-2',
      );
      const next = turn({ ...paused, nowMs: NOW + minute * MIN, sightings }, waited);
      if ('go' in next.answer) return;
      waited = next.waited;
    }
    expect.unreachable();
  });
  it('a host that waits in line itself is not blamed for it', () => {
    const asked = askedBy('pi-1', { 'pi-3': peer('pi-3', { paused: true }) });
    expect(why(after(10 * MIN, asked))).toBe(
      'waits for pi-2, which has its turn before this host, and has not applied this commit yet',
    );
  });
  it('the newer commit waits anew', () => {
    const asked = askedBy('pi-2', { 'pi-3': peer('pi-3') });
    const { waited } = turn(asked, null);
    const later = { ...asked, commit: 'c'.repeat(40), nowMs: NOW + 20 * MIN };
    expect(turn(later, waited).waited.spentMs).toEqual({});
  });
});

describe('more than half of the control plane must know who begins', () => {
  const announced = { announcedMs: NOW - 20_000 };
  const sees = (agoMs: number) => [{ name: 'pi-3', agoMs, changing: NEW, tookBack: null }];
  it('a host that was seen announcing itself goes', () => {
    expect(why(answerTo('pi-3', {}, announced))).toBe(
      'waits for pi-1, which has not seen yet that this host is about to apply it',
    );
    expect(answerTo('pi-3', { 'pi-2': peer('pi-2', { sees: sees(1_000) }) }, announced)).toEqual(GO);
  });
  it('having been seen the last time does not count', () => {
    expect(answerTo('pi-3', { 'pi-2': peer('pi-2', { sees: sees(19_000) }) }, announced)).toMatchObject({
      wait: { for: 'pi-1' },
    });
  });
  it('nobody goes who is alone, unless it has never met the others', () => {
    const gone = { 'pi-1': 20 * MIN, 'pi-2': 20 * MIN };
    expect(why(answerTo('pi-3', gone))).toBe(
      'STOP: this host reaches 1 of 3 control plane nodes, itself counted, and goes on without others only together with more than half: bring pi-1 back, take it out of cluster.yaml, or write rollout: { strategy: together }',
    );
    expect(why(answerTo('pi-3', gone, {}, { 'pi-1': 1, 'pi-2': 1 }))).toContain('go It goes on without pi-2');
  });
  it('of two hosts one alone does not go', () => {
    const two = { nodes: NODES.slice(1) };
    expect(answerTo('pi-3', { 'pi-2': 20 * MIN }, two)).toMatchObject({ stop: { by: 'pi-2' } });
  });
  it('what a peer said before this host announced itself does not count', () => {
    const now = peer('pi-2', { sees: sees(1_000) });
    expect(why(answerTo('pi-3', { 'pi-2': now }, { announcedMs: NOW - 2_000 }))).toBe(
      'waits for pi-2, which has not answered since this host said that it is about to apply it',
    );
  });
  it('another host that announces itself is waited for', () => {
    const both = peer('pi-2', { phase: 'applying', changing: NEW, sees: sees(1_000) });
    expect(answerTo('pi-3', { 'pi-2': both }, announced)).toMatchObject({ wait: { for: 'pi-2' } });
  });
  it('also when only a third one sees it', () => {
    const told = [...sees(1_000), { name: 'pi-2', agoMs: 1_000, changing: NEW, tookBack: null }];
    const said = { 'pi-2': 20 * MIN, 'pi-1': peer('pi-1', { sees: told }) };
    expect(answerTo('pi-3', said, announced)).toMatchObject({ stop: { by: 'pi-2' } });
  });
});

describe('the API server', () => {
  const mine = { apiServer: { ready: true } };
  const down = { apiServer: { ready: false, seen: 'connection refused' } };
  it('is restarted only while the others are ready', () => {
    expect(why(answerTo('pi-3', { 'pi-1': peer('pi-1', down) }, mine))).toBe(
      'waits for pi-1, which has an API server that is not ready (connection refused), and this change restarts the one here',
    );
    expect(why(after(10 * MIN, askedBy('pi-3', { 'pi-1': peer('pi-1', down) }, mine)))).toMatch(
      /^STOP: pi-1 has/,
    );
    expect(answerTo('pi-3', {}, mine)).toEqual(GO);
  });
  it('is restarted where it is down already', () => {
    expect(answerTo('pi-3', { 'pi-1': peer('pi-1', down) }, { apiServer: { ready: false } })).toEqual(GO);
  });
  it('is not waited for where nobody can say whether there is one', () => {
    const unknown = peer('pi-1', { apiServer: { ready: null, seen: null } });
    expect(why(after(10 * MIN, askedBy('pi-3', { 'pi-1': unknown }, mine)))).toContain(
      'go It goes on without pi-1',
    );
  });
  it('is put right one at a time also where it has drifted, in no order', () => {
    const drift = (said: Said) => apiServerTurn(askedBy('pi-1', said, { ...mine, commit: OLD }), null).answer;
    expect(drift({})).toEqual(GO);
    expect(drift({ 'pi-3': peer('pi-3', { phase: 'applying', changing: OLD }) })).toMatchObject({
      wait: { for: 'pi-3' },
    });
  });
});
