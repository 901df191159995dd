import { describe, expect, it } from 'vitest';
import type { PeerStatus } from '../../../agent/fleet/peer-status.ts';
import { remember, type Sightings } from '../../../agent/fleet/sightings.ts';
import { openTurns, type TurnQuestion, type Word } from '../../../agent/fleet/turns.ts';
import type { Waited } from '../../../agent/fleet/waited.ts';
import { fakeTime } from '../health/fake-time.ts';
import { askedBy, NEW, peer } from './fleet-of.ts';

/** Time passes only while this host sleeps; `peers` say what others answer then. */
function world(
  peers: (world: { readonly nowMs: number; readonly announced: string | null }) => readonly PeerStatus[],
) {
  const time = fakeTime();
  const said: Word[] = [];
  let sightings: Sightings = new Map();
  let waited: Waited | null = null;
  const turns = openTurns(
    {
      look: async () => {
        const nowMs = time.now;
        const answers = new Map(
          peers({ nowMs, announced: announcedIn(said.at(-1) ?? null) }).map(
            (one) => [one.hostname, one] as const,
          ),
        );
        return (sightings = remember(sightings, { askedMs: nowMs, answeredMs: nowMs, answers }, 'pi-3'));
      },
      say: async (word) => void said.push(word),
      waited: { read: async () => waited, write: async (next) => void (waited = next) },
    },
    time,
  );
  return { turns, said, time };
}
const { sightings: _, announcedMs: __, nowMs: ___, staleMs: ____, ...asked } = askedBy('pi-3', {});
const question: TurnQuestion = { ...asked, isDrift: false };
const ABOUT_TO = { changing: NEW };
const announcedIn = (word: Word): string | null =>
  word !== null && 'changing' in word ? word.changing : null;
const seeing = (changing: string | null) => ({
  sees: [{ name: 'pi-3', agoMs: 100, changing, tookBack: null }],
});

describe('a host announces itself, looks again, and goes when it was seen and sees nobody else', () => {
  it('goes, and keeps the turn until it is given back', async () => {
    const { turns, said } = world(({ announced }) => [
      peer('pi-1', seeing(announced)),
      peer('pi-2', seeing(announced)),
    ]);
    expect(await turns.ask(question)).toEqual({ go: true, warnings: [] });
    expect(said.at(-1)).toEqual(ABOUT_TO);
    await turns.giveBack();
    expect(said.at(-1)).toBeNull();
  });
  it('says nothing where it is not its turn', async () => {
    const { turns, said } = world(() => [peer('pi-1', { phase: 'applying', changing: NEW }), peer('pi-2')]);
    expect(await turns.ask(question)).toMatchObject({ wait: { for: 'pi-1' } });
    expect(said).toEqual([
      { waiting: { for: 'pi-1', why: 'waits for pi-1, which is applying commit bbbbbbbbbbbb' } },
    ]);
  });
  it('makes way for another one that announces itself and comes first', async () => {
    const { turns, said, time } = world(({ announced }) => [
      peer('pi-1', seeing(announced)),
      peer('pi-2', {
        ...seeing(announced),
        ...(announced === null ? {} : { phase: 'applying', changing: NEW }),
      }),
    ]);
    const first = { ...question, rollout: { ...question.rollout, order: ['pi-2', 'pi-3', 'pi-1'] } };
    const behind = { ...first, self: { holdsVip: false, isStuck: true } };
    expect(await turns.ask(behind)).toMatchObject({ wait: { for: 'pi-2' } });
    expect(said).toMatchObject([ABOUT_TO, { waiting: { for: 'pi-2' } }]);
    expect(time.now).toBeLessThan(10_000);
  });
  it('keeps its word while one that comes later takes its own back', async () => {
    const { turns } = world(({ nowMs, announced }) => [
      peer('pi-1', seeing(announced)),
      peer('pi-2', {
        ...seeing(announced),
        ...(announced !== null && nowMs < 20_000
          ? { phase: 'applying', changing: NEW }
          : { waiting: { for: 'pi-3', why: 'waits for pi-3' } }),
      }),
    ]);
    expect(await turns.ask(question)).toMatchObject({ go: true });
  });
  it('gives up also when one that comes later has begun all the same', async () => {
    const { turns, time } = world(({ announced }) => [
      peer('pi-1', seeing(announced)),
      peer('pi-2', {
        ...seeing(announced),
        ...(announced === null ? {} : { phase: 'applying', changing: NEW }),
      }),
    ]);
    expect(await turns.ask(question)).toMatchObject({ wait: { for: 'pi-2' } });
    expect(time.now).toBeLessThan(120_000);
  });
  it('gives up when nobody sees it, says whom it takes, and takes its word back', async () => {
    const { turns, said, time } = world(() => [peer('pi-1', seeing(null)), peer('pi-2', seeing(null))]);
    expect(await turns.ask(question)).toMatchObject({ stop: { by: 'pi-1' } });
    expect(said).toMatchObject([ABOUT_TO, { waiting: { for: 'pi-1' } }]);
    expect(time.now).toBeLessThan(120_000);
  });
  it('takes its word back also when looking fails', async () => {
    const { turns, said } = world(({ announced }) => {
      if (announced !== null) throw new Error('the disk is full');
      return [peer('pi-1', seeing(null)), peer('pi-2', seeing(null))];
    });
    await expect(turns.ask(question)).rejects.toThrow('the disk is full');
    expect(said.at(-1)).not.toEqual(ABOUT_TO);
  });
});

describe('between the cycles it is looked whether asking again is worth it', () => {
  const refusing = (more: Partial<PeerStatus> = {}) => {
    let other: Partial<PeerStatus> = { phase: 'applying', changing: NEW, ...more };
    const at = world(({ announced }) => [
      peer('pi-1', seeing(announced)),
      peer('pi-2', { ...seeing(announced), ...other }),
    ]);
    return { ...at, rests: () => void (other = { waiting: { for: 'pi-3', why: 'waits for pi-3' } }) };
  };
  it('not where nothing was asked, or the turn was given', async () => {
    const { turns } = refusing();
    expect(await turns.isWorthAsking()).toBe(false);
    const free = refusing();
    free.rests();
    expect(await free.turns.ask(question)).toMatchObject({ go: true });
    expect(await free.turns.isWorthAsking()).toBe(false);
    expect(free.turns.isWaiting).toBe(false);
  });
  it('not while what was in the way still is, and then it is', async () => {
    const { turns, rests, said } = refusing();
    expect(await turns.ask(question)).toMatchObject({ wait: { for: 'pi-2' } });
    expect(turns.isWaiting).toBe(true);
    const before = said.length;
    expect(await turns.isWorthAsking()).toBe(false);
    rests();
    expect(await turns.isWorthAsking()).toBe(true);
    // Whoever only looks says nothing.
    expect(said).toHaveLength(before);
  });
  it('the waiting is counted by it, so that it ends although no cycle asks', async () => {
    const paused = refusing({ phase: 'idle', changing: null, paused: true });
    const behind = { ...question, rollout: { ...question.rollout, order: ['pi-2', 'pi-3', 'pi-1'] } };
    expect(await paused.turns.ask(behind)).toMatchObject({ wait: { for: 'pi-2' } });
    let looks = 0;
    for (; !(await paused.turns.isWorthAsking()) && looks < 100; looks += 1) paused.time.now += 10_000;
    expect(looks).toBe(behind.rollout.unreachableMs / 10_000);
  });
});
