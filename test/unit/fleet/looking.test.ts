import { beforeEach, describe, expect, test } from 'vitest';
import { LOOK_MS, lookAround } from '../../../agent/fleet/looking.ts';
import type { PeerStatus } from '../../../agent/fleet/peer-status.ts';
import { remember, type Sightings } from '../../../agent/fleet/sightings.ts';
import type { PeerAnswer } from '../../../agent/fleet/peers.ts';
import { has, OLD, NEW, peer } from './fleet-of.ts';

/** The looks between the cycles. */

let answers: Readonly<Record<string, PeerAnswer>>;
let brief: boolean[];
let slept: number[];
let isWaiting: boolean;
let cycles: number;
/** Whether a turn that was refused may have come, look by look. */
let isWorth: () => boolean | Promise<boolean>;
let look: () => Sightings | Promise<Sightings>;
const seen = (): Sightings =>
  remember(new Map(), { askedMs: 0, answeredMs: 0, answers: new Map(Object.entries(answers)) }, 'pi-3');
beforeEach(() => {
  answers = {};
  brief = [];
  slept = [];
  cycles = 0;
  isWorth = () => false;
  look = seen;
  isWaiting = false;
});

/** So many looks, and then it is told to end. */
async function around(looks: number): Promise<void> {
  const stop = new AbortController();
  const fleet = {
    look: async (asked?: boolean) => {
      brief.push(asked === true);
      return look();
    },
    askingAgain: {
      isWorthAsking: async () => isWorth(),
      isWaiting,
    },
  };
  const sleep = async (ms: number, signal?: AbortSignal): Promise<void> => {
    slept.push(ms);
    if (slept.length === looks) stop.abort();
    expect(signal).toBe(stop.signal);
  };
  await lookAround(fleet, { sleep }, stop.signal, () => (cycles += 1));
}
const paceWith = async (...peers: readonly PeerStatus[]): Promise<number | undefined> => {
  answers = Object.fromEntries(peers.map((one) => [one.hostname, one]));
  await around(1);
  return slept[0];
};
const calm = (name: string, more: Partial<PeerStatus> = {}): PeerStatus => has(name, { head: NEW, ...more });

describe('while nothing happens it looks seldom, and often', () => {
  test('otherwise seldom: all have one commit and nobody changes', async () => {
    expect(await paceWith(calm('pi-1'), calm('pi-2'))).toBe(LOOK_MS.idle);
  });
  test.each<[string, PeerStatus]>([
    ['while one changes', calm('pi-2', { phase: 'verifying', changing: NEW })],
    ['while one waits', calm('pi-2', { waiting: { for: 'pi-3', why: 'waits for pi-3' } })],
    ['while one follows a newer commit', calm('pi-2', { head: 'c'.repeat(40) })],
    ['while one has another commit', peer('pi-2', { commit: OLD })],
  ])('%s', async (_, other) => {
    expect(await paceWith(calm('pi-1'), other)).toBe(LOOK_MS.busy);
  });
  test('while this host waits for its turn', async () => {
    isWaiting = true;
    expect(await paceWith(calm('pi-1'), calm('pi-2'))).toBe(LOOK_MS.busy);
  });
  test('all the time while nobody answers: what has happened meanwhile must be known at once', async () => {
    answers = { 'pi-1': { unreachable: 'no route to host' }, 'pi-2': { unreachable: 'no route to host' } };
    await around(1);
    expect(slept).toEqual([LOOK_MS.alone]);
  });
  test('not because of what a host said that is silent now', async () => {
    answers = { 'pi-1': calm('pi-1'), 'pi-2': peer('pi-2', { phase: 'applying', changing: NEW }) };
    let before = new Map() as Sightings;
    look = () => {
      before = remember(
        before,
        { askedMs: 0, answeredMs: 0, answers: new Map(Object.entries(answers)) },
        'pi-3',
      );
      answers = { ...answers, 'pi-2': { unreachable: 'connection refused' } };
      return before;
    };
    await around(2);
    expect(slept).toEqual([LOOK_MS.busy, LOOK_MS.idle]);
  });
});

test('the others are spared: it asks in brief', async () => {
  await around(2);
  expect(brief).toEqual([true, true]);
});

test('a cycle is asked for when a turn that was refused may have come', async () => {
  const worth = [false, true, false];
  isWorth = () => worth.shift()!;
  await around(3);
  expect(cycles).toBe(1);
});

test('neither a look nor a question that fails ends the looking', async () => {
  look = () => Promise.reject(new Error('no space left on device'));
  isWorth = () => Promise.reject(new Error('no space left on device'));
  await around(3);
  expect([slept, cycles]).toEqual([[LOOK_MS.idle, LOOK_MS.idle, LOOK_MS.idle], 0]);
});

test('told to end before it began, it asks nobody', async () => {
  const stop = new AbortController();
  stop.abort();
  const never = (): never => {
    throw new Error('it was asked');
  };
  await lookAround(
    { look: never, askingAgain: { isWorthAsking: never } as never },
    { sleep: never },
    stop.signal,
    never,
  );
  expect(brief).toEqual([]);
});
