import { describe, expect, it } from 'vitest';
import { judged, judgeTogether } from '../../../agent/fleet/judge-together.ts';
import { CLUSTER, FakeFleet, NODE } from '../../support/fake-fleet.ts';
import { MIN, NEW, NOW, OLD, peer, seen, type Said } from './fleet-of.ts';

const NODES = ['pi-1', 'pi-2', 'pi-3'];
const at = (said: Said, waitedMs = 0) =>
  judged({
    commit: NEW,
    me: 'pi-1',
    nodes: NODES,
    sightings: seen('pi-1', said),
    waitedMs,
    nowMs: NOW,
    unreachableMs: 10 * MIN,
  });

const verifying = { phase: 'verifying', changing: NEW } as const;
const well = (name: string) => peer(name, { ...verifying, staged: { commit: NEW, atMs: 1, well: true } });
const done = (name: string) => peer(name, { commit: NEW });
const busy = (name: string) => peer(name, { ...verifying, staged: { commit: NEW, atMs: 1 } });
const idle = (name: string) => peer(name, { commit: OLD });
const back = (name: string) => peer(name, { takenBack: [{ commit: NEW, why: 'refused' }] });

describe('what all hosts have changed at one moment is judged by all of them', () => {
  it('stays when all are well with it, whether they have said so or have it in force', () => {
    expect(at({ 'pi-2': well('pi-2'), 'pi-3': done('pi-3') })).toEqual({ agreed: true });
  });
  it('waits for one that is still being verified, for as long as that may take', () => {
    const said = { 'pi-2': well('pi-2'), 'pi-3': busy('pi-3') };
    expect(at(said, 5 * MIN)).toEqual({ wait: 'pi-3 is not done with it' });
    expect(at(said, 8 * MIN)).toEqual({ agreed: true });
  });
  it.each([
    ['took it back', back('pi-3'), 'pi-3 took it back: refused'],
    ['is taking it back', peer('pi-3', { ...verifying, phase: 'rolling back' }), 'pi-3 is taking it back'],
    ['is stuck with it', peer('pi-3', { ...verifying, phase: 'stuck' }), 'pi-3 is taking it back'],
  ])('goes back at once when one %s, although the other is well', (_, said, why) => {
    expect(at({ 'pi-2': well('pi-2'), 'pi-3': said })).toEqual({ back: why });
  });
  it.each([
    ['does not answer', 1_000],
    ['did not move', idle('pi-3')],
  ])('stays without one that %s, which is given half a minute', (_, said) => {
    expect(at({ 'pi-2': well('pi-2'), 'pi-3': said })).toHaveProperty('wait');
    expect(at({ 'pi-2': well('pi-2'), 'pi-3': said }, MIN)).toEqual({ agreed: true });
  });
  it('does not wait for one that nobody waited for before', () => {
    expect(at({ 'pi-2': well('pi-2'), 'pi-3': 11 * MIN })).toEqual({ agreed: true });
  });
  it('goes back when this host turns out to be alone with it', () => {
    const answer = at({ 'pi-2': idle('pi-2'), 'pi-3': 1_000 }, MIN);
    expect(answer).toEqual({
      back: 'only 1 of 3 control plane nodes are known to be well with it: pi-2 has not moved; pi-3 does not answer (connection refused)',
    });
  });
});

describe('nodes that the change itself adds', () => {
  const judge = (before: readonly string[]): Promise<string | null> => {
    const fleet = new FakeFleet().others({ failed: 'no route to host' });
    const nodes = CLUSTER.nodes.filter(({ name }) => before.includes(name));
    const clock = { monotonicMs: () => fleet.nowMs };
    const together = judgeTogether(fleet.open(), { clock, before: async () => ({ ...CLUSTER, nodes }) });
    const stopping = new AbortController().signal;
    return together({
      commit: NEW,
      atMs: 1,
      me: NODE[1],
      cluster: CLUSTER,
      stopping,
      progress: () => undefined,
    });
  };
  it('are neither waited for nor counted: they come when the others have it', async () => {
    expect(await judge([NODE[1]])).toBeNull();
  });
  it('are not those that were there before', async () => {
    expect(await judge(Object.values(NODE))).toContain('only 1 of 3 control plane nodes');
  });
});
