import { beforeEach, describe, expect, it } from 'vitest';
import { CatchingUp } from '../../../agent/fleet/catching-up.ts';
import { whyStopped } from '../../../agent/fleet/keep-stopped.ts';
import { remember, type Sightings } from '../../../agent/fleet/sightings.ts';
import type { PeerAnswer } from '../../../agent/fleet/peers.ts';
import type { Live } from '../../../agent/host/host.ts';
import { FakeStateDirectory } from '../../support/fake-state-directory.ts';
import { has, MIN, OLD, peer } from './fleet-of.ts';

/** pi-1, which has the old commit in force, and whom it sees. */

let nowMs: number;
let sightings: Sightings;
let runtime: FakeStateDirectory;
let ran: string[];
let isChanging: boolean;
let catchingUp: CatchingUp;
beforeEach(() => {
  nowMs = 100 * MIN;
  sightings = new Map();
  runtime = new FakeStateDirectory('/run/holdfast/agent');
  ran = [];
  isChanging = false;
  const quiet = () => undefined;
  const run = async (argv: readonly string[]) => void ran.push(argv.join(' '));
  catchingUp = new CatchingUp({
    runtime,
    live: { ready: async () => undefined, run } as unknown as Live,
    log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
    clock: { monotonicMs: () => nowMs },
    where: async (seen) =>
      isChanging ? null : { inForce: OLD, me: 'pi-1', nodes: ['pi-1', 'pi-2', 'pi-3'], sightings: seen },
  });
});

const looks = (two: PeerAnswer, three: PeerAnswer): Promise<boolean> => {
  const answers = new Map([
    ['pi-2', two],
    ['pi-3', three],
  ]);
  sightings = remember(sightings, { askedMs: nowMs, answeredMs: nowMs, answers }, 'pi-1');
  return catchingUp.begins(sightings);
};
const NOBODY = { unreachable: 'no route to host' };
const OTHERS = [has('pi-2'), has('pi-3')] as const;
async function cutOffFor(minutes: number): Promise<void> {
  await looks(NOBODY, NOBODY);
  nowMs += minutes * MIN;
  await looks(NOBODY, NOBODY);
  nowMs += 1_000;
}

describe('a host that saw nobody for long', () => {
  it('stops keepalived when it sees that most of them have another commit, until it has asked', async () => {
    await cutOffFor(10);
    expect(await looks(...OTHERS)).toBe(true);
    expect(ran).toEqual(['systemctl stop -- keepalived.service']);
    expect(await whyStopped(runtime)).toContain('this host saw nobody for 10 min');
    expect(catchingUp.isDue).toBe(true);
    let asked = 0;
    await catchingUp.end(async () => void (asked += 1));
    await catchingUp.end(async () => void (asked += 1));
    expect([asked, catchingUp.isDue]).toEqual([1, false]);
  });
  it('also where they come back into sight one by one', async () => {
    await cutOffFor(10);
    expect(await looks(has('pi-2'), NOBODY)).toBe(false);
    nowMs += 3_000;
    expect(await looks(...OTHERS)).toBe(true);
  });
  it('does so once', async () => {
    await cutOffFor(10);
    await looks(...OTHERS);
    expect(await looks(...OTHERS)).toBe(false);
    expect(ran).toHaveLength(1);
  });
});

describe('keepalived goes on', () => {
  it('after a short time alone', async () => {
    await cutOffFor(0.3);
    await looks(...OTHERS);
    expect(ran).toEqual([]);
  });
  it('where one of them could be seen all the time', async () => {
    await looks(NOBODY, peer('pi-3'));
    nowMs += 10 * MIN;
    await looks(NOBODY, peer('pi-3'));
    await looks(...OTHERS);
    expect(ran).toEqual([]);
  });
  it('where the others have what this host has', async () => {
    await cutOffFor(10);
    await looks(peer('pi-2'), peer('pi-3'));
    expect(ran).toEqual([]);
  });
  it('where they change later, in sight of this host', async () => {
    await cutOffFor(10);
    await looks(peer('pi-2'), peer('pi-3'));
    nowMs += MIN;
    await looks(peer('pi-2'), peer('pi-3'));
    await looks(...OTHERS);
    expect(ran).toEqual([]);
  });
  it('while this host is in the middle of a change', async () => {
    await cutOffFor(10);
    isChanging = true;
    expect(await looks(...OTHERS)).toBe(false);
    expect(ran).toEqual([]);
  });
});

it('whatever becomes of the question, the ordinary looks decide afterwards', async () => {
  await cutOffFor(10);
  await looks(...OTHERS);
  await expect(catchingUp.end(() => Promise.reject(new Error('no space left')))).rejects.toThrow('no space');
  expect(catchingUp.isDue).toBe(false);
});
