import { describe, expect, it } from 'vitest';
import { clusterWideChanges, momentProblem, type ClusterWide } from '../../../agent/fleet/lockstep.ts';
import { lockstep, type LockstepAsked } from '../../../agent/fleet/lockstep-step.ts';
import { MIN, NEW, NOW, OLD, peer, seen, type Said } from './fleet-of.ts';

const WALL = Date.UTC(2026, 2, 1, 2, 0, 0);
const AT = WALL + 10 * MIN;

describe('what is the same on all hosts at any moment', () => {
  const now: ClusterWide = {
    vip: '10.1.233.1',
    vrrp: { routerId: 51, version: 2, advertIntervalMs: 1_000, transport: 'multicast', preempt: true },
    authPass: 'a',
    nodes: ['10.1.1.1', '10.1.1.2'].map((address) => ({ address })),
  };
  it.each([
    ['vip', { ...now, vip: '10.1.233.2' }],
    ['vrrp.authPass', { ...now, authPass: null }],
    ['vrrp.routerId', { ...now, vrrp: { ...now.vrrp, routerId: 52 } }],
    ['vrrp.advertInterval', { ...now, vrrp: { ...now.vrrp, advertIntervalMs: 500 } }],
    ['vrrp.version', { ...now, vrrp: { ...now.vrrp, version: 3 } }],
    ['vrrp.transport', { ...now, vrrp: { ...now.vrrp, transport: 'unicast' } }],
  ] as const)('%s', (name, after) => {
    expect(clusterWideChanges(now, after)).toEqual([name]);
    expect(clusterWideChanges(after, after)).toEqual([]);
  });

  describe('the nodes, where each speaks to those that it knows', () => {
    const unicast: ClusterWide = { ...now, vrrp: { ...now.vrrp, transport: 'unicast' } };
    const PEERS = 'list of unicast peers (nodes)';
    const having = (of: ClusterWide, ...addresses: string[]): ClusterWide => ({
      ...of,
      nodes: addresses.map((address) => ({ address })),
    });
    it.each([
      ['one more', ['10.1.1.1', '10.1.1.2', '10.1.1.3']],
      ['one less', ['10.1.1.1']],
      ['another address', ['10.1.1.1', '10.1.1.9']],
    ])('%s', (_, addresses) => {
      expect(clusterWideChanges(unicast, having(unicast, ...addresses))).toEqual([PEERS]);
      expect(clusterWideChanges(now, having(unicast, ...addresses))).toEqual(['vrrp.transport', PEERS]);
      expect(clusterWideChanges(unicast, having(now, ...addresses))).toEqual(['vrrp.transport', PEERS]);
      // Who is there is heard.
      expect(clusterWideChanges(now, having(now, ...addresses))).toEqual([]);
    });
    it('not another order of the same', () =>
      expect(clusterWideChanges(unicast, having(unicast, '10.1.1.2', '10.1.1.1'))).toEqual([]));
  });
});

describe('the moment of a lockstep change', () => {
  const problem = (atMs: number | null) => momentProblem(['vip'], atMs, WALL);
  it('must be said', () => expect(problem(null)).toContain('rollout.at does not say when'));
  it('must not be past', () => expect(problem(WALL)).toContain('2026-03-01 02:00 UTC, is past'));
  it('must be within a day', () => {
    expect(problem(WALL + 2 * 24 * 60 * MIN)).toContain('more than a day off');
    expect(problem(WALL + 24 * 60 * MIN)).toBeNull();
  });
});

const READY = { staged: { commit: NEW, atMs: AT } };
const ready = (name: string, more: Parameters<typeof peer>[1] = {}, wallMs = WALL) =>
  peer(name, { ...READY, nowMs: wallMs, ...more });

function asked(said: Said, wallMs: number = WALL, more: Partial<LockstepAsked> = {}): LockstepAsked {
  return {
    me: 'pi-1',
    commit: NEW,
    inForce: OLD,
    changed: ['vip'],
    atMs: AT,
    nodes: ['pi-1', 'pi-2', 'pi-3'],
    leaving: [],
    sightings: seen('pi-1', said),
    wallMs,
    nowMs: NOW,
    unreachableMs: 10 * MIN,
    ...more,
  };
}
const LAST = AT - 9_000;

describe('all hosts move at one moment, or none', () => {
  const all = (wallMs: number): Said => ({
    'pi-2': ready('pi-2', {}, wallMs),
    'pi-3': ready('pi-3', {}, wallMs),
  });
  it('stands ready until shortly before', () => {
    expect(lockstep(asked(all(WALL)))).toEqual({
      stage: true,
      why: 'all 3 are ready',
      for: null,
    });
  });
  it('stands ready although others are not yet', () => {
    expect(lockstep(asked({ ...all(WALL), 'pi-3': peer('pi-3', { nowMs: WALL }) }))).toMatchObject({
      stage: true,
      why: 'pi-3 is not ready for it',
      for: 'pi-3',
    });
  });
  it('moves when all are ready at the last look', () => {
    expect(lockstep(asked(all(LAST), LAST))).toEqual({ apply: true, warnings: [] });
  });
  it('moves where one of them has never left what all are to have', () => {
    const has = peer('pi-3', { commit: NEW, nowMs: LAST });
    expect(lockstep(asked({ ...all(LAST), 'pi-3': has }, LAST))).toEqual({ apply: true, warnings: [] });
  });
  it.each([
    ['is not ready', peer('pi-3', { nowMs: LAST }), 'pi-3 is not ready for it'],
    [
      'is ready for another moment',
      ready('pi-3', { staged: { commit: NEW, atMs: AT + 1 } }, LAST),
      'is not ready',
    ],
    ['has just gone silent', 1_000, 'pi-3 does not answer (connection refused)'],
    ['is changing', ready('pi-3', { phase: 'applying' }, LAST), 'pi-3 is changing something else'],
    [
      'has a clock that is early',
      ready('pi-3', {}, LAST + 3_000),
      'pi-3 has a clock that differs by about 3 s',
    ],
    [
      'has a clock that is late',
      ready('pi-3', {}, LAST - 6_000),
      'pi-3 has a clock that differs by about 4 s',
    ],
  ])('nobody moves when one %s', (_, said, why) => {
    const answer = lockstep(asked({ ...all(LAST), 'pi-3': said }, LAST));
    expect(answer).toMatchObject({ by: 'pi-3' });
    expect('refuse' in answer && answer.refuse).toContain(why);
  });
  it('a host with another clock makes itself heard long before, by not being ready', () => {
    const skewed = { ...all(WALL), 'pi-3': ready('pi-3', {}, WALL + 3_000) };
    expect(lockstep(asked(skewed))).toMatchObject({ by: 'pi-3' });
  });
  it('a host that has been silent for long is not waited for', () => {
    expect(lockstep(asked({ 'pi-2': ready('pi-2', {}, LAST), 'pi-3': 11 * MIN }, LAST))).toEqual({
      apply: true,
      warnings: ['It goes on without pi-3, which does not answer (connection refused).'],
    });
  });
  it('nobody moves without more than half, however long the others have been silent', () => {
    expect(lockstep(asked({ 'pi-2': 11 * MIN, 'pi-3': 11 * MIN }, LAST))).toMatchObject({
      refuse: expect.stringContaining('only 1 of 3 control plane nodes are known to be ready') as string,
      by: 'pi-2',
    });
  });
  it('one that is paused, or whose cycle failed, has not looked at it, and is not followed', () => {
    const later = (more: Parameters<typeof peer>[1]): Said =>
      Object.fromEntries(
        ['pi-2', 'pi-3'].map((name) => [
          name,
          peer(name, { nowMs: AT + 60 * MIN, head: NEW, commit: 'c'.repeat(40), ...more }),
        ]),
      );
    const answerTo = (more: Parameters<typeof peer>[1]) => lockstep(asked(later(more), AT + 60 * MIN));
    expect(answerTo({ outcome: 'in desired state' })).toMatchObject({ join: true });
    expect(answerTo({ outcome: 'paused', paused: true })).not.toHaveProperty('join');
    expect(answerTo({ outcome: 'failed' })).not.toHaveProperty('join');
  });
  describe('when one of them is taken out', () => {
    const without3 = (said: Said[string]) =>
      lockstep(
        asked({ 'pi-2': ready('pi-2', {}, LAST), 'pi-3': said }, LAST, {
          nodes: ['pi-1', 'pi-2'],
          leaving: ['pi-3'],
        }),
      );
    it('nobody leaves it behind with a part in the virtual IP', () => {
      const STILL =
        'pi-3 is taken out and still has its part in the virtual IP ("sudo holdfast release" there, or switch it off)';
      for (const said of [peer('pi-3', { nowMs: LAST }), ready('pi-3', {}, LAST)])
        expect(without3(said)).toEqual({
          refuse: `${STILL}, so no host moves: commit a later rollout.at to try it again`,
          by: 'pi-3',
        });
      // A power cut that is over in a minute is no farewell.
      expect(without3(1_000)).toMatchObject({ by: 'pi-3' });
    });
    it('they move when it was released, and when it has been off for long, which is said', () => {
      expect(without3(peer('pi-3', { nowMs: LAST, outcome: 'released', paused: true }))).toEqual({
        apply: true,
        warnings: [],
      });
      expect(without3(11 * MIN)).toEqual({
        apply: true,
        warnings: ['It goes on without pi-3, which is taken out and does not answer (connection refused).'],
      });
    });
    it('it does not count for more than half', () => {
      const gone = peer('pi-3', { nowMs: LAST, outcome: 'released' });
      const more = { nodes: ['pi-1', 'pi-2'], leaving: ['pi-3'] };
      expect(lockstep(asked({ 'pi-2': 11 * MIN, 'pi-3': gone }, LAST, more))).toMatchObject({
        refuse: expect.stringContaining('only 1 of 2 control plane nodes') as string,
      });
    });
  });

  it('without a moment, or with one that is past, nobody moves', () => {
    expect(lockstep(asked(all(WALL), WALL, { atMs: null }))).toMatchObject({ by: null });
    expect(lockstep(asked(all(AT), AT))).toMatchObject({ by: null });
  });
  it('whoever was away joins those who have moved', () => {
    const moved = { 'pi-2': ready('pi-2', { commit: NEW }), 'pi-3': ready('pi-3', { commit: NEW }) };
    expect(lockstep(asked(moved, AT + 60 * MIN))).toEqual({
      join: true,
      why: 'pi-2 and pi-3 have changed it already, which is more than half',
      commits: [NEW, NEW],
    });
  });

  describe('when its moment is over, and the others have a third commit in force and follow this one', () => {
    const third = 'c'.repeat(40);
    const others = (more: Parameters<typeof peer>[1] = {}): Said => ({
      'pi-2': peer('pi-2', { commit: third, ...more }),
      'pi-3': peer('pi-3', { commit: third, ...more }),
    });
    it('and only wait for their turn, this host is the one that is behind: it joins', () => {
      const waiting = { outcome: 'held', waiting: { for: 'pi-1', why: 'waits' } } as const;
      expect(lockstep(asked(others(waiting), AT + MIN))).toMatchObject({
        join: true,
        commits: [third, third],
      });
    });
    it.each([
      ['refuse it as well', { outcome: 'refused' } as const],
      ['have not fetched it yet', { head: third }],
      ['have what this host has', { commit: OLD }],
    ])('but %s, it does not', (_, more) => {
      expect(lockstep(asked(others(more), AT + MIN))).toHaveProperty('refuse');
    });
  });
});
