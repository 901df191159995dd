import { beforeEach, describe, expect, test } from 'vitest';
import { giveBackIfWanted, giveBackWhenWanted } from '../../../agent/fleet/give-back.ts';
import type { PeerAnswer } from '../../../agent/fleet/peers.ts';
import { readPeerStatus } from '../../../agent/fleet/read-peer-status.ts';
import { writePeerStatus } from '../../../agent/fleet/write-peer-status.ts';
import { FakeHandOver } from '../../support/fake-hand-over.ts';
import { peerOf } from '../../support/peers.ts';

/** A host that holds the virtual IP in the place of one that comes before it. */

let vip: FakeHandOver;
let answer: PeerAnswer;
let asked = 0;
let names: (readonly string[])[];
beforeEach(() => {
  vip = new FakeHandOver();
  asked = 0;
  names = [];
  answer = wanting(true);
});

const wanting = (wanted: boolean): PeerAnswer =>
  peerOf({
    hostname: 'pi-1',
    vip: { held: false, answers: true, seen: null, ...(wanted ? { wanted } : {}) },
  });
const roleOf = (priority: number) =>
  ({ hostname: priority === 100 ? 'pi-1' : 'pi-2', role: 'BACKUP', priority, address: '10.1.1.2' }) as const;
const giving = (priority = 99) => ({
  place: () => ({ cluster: vip.place.cluster, role: roleOf(priority) }),
  ask: async (some: readonly string[]) => {
    asked += 1;
    names.push(some);
    return new Map([['pi-1', answer]]);
  },
  handOver: vip.tools(),
});

test('gives it back when that one wants it, and counts for what it is afterwards', async () => {
  await giveBackIfWanted(giving());
  expect(vip.did).toEqual(['hold back', 'offset -254', 'let in', 'offset 0']);
  expect(vip.holder).toBe('there');
  expect(vip.events.map(({ sentence }) => sentence)).toEqual([
    'The virtual IP was given away because pi-1 wants it back; another node had it after 0.8 s.',
  ]);
});

test('that it is wanted comes over the network, and is not said where it is not', () => {
  const over = (status: PeerAnswer) => 'vip' in status && readPeerStatus(writePeerStatus(status))?.vip;
  expect(over(wanting(true))).toMatchObject({ wanted: true });
  expect(over(wanting(false))).not.toHaveProperty('wanted');
});

describe('keeps it', () => {
  const keeps = async (of = giving()): Promise<void> => {
    await giveBackIfWanted(of);
    expect([vip.did, vip.holder]).toEqual([[], 'here']);
  };
  test('while that one does not want it', () => {
    answer = wanting(false);
    return keeps();
  });
  test('while that one cannot be asked', () => {
    answer = { unreachable: 'connection refused' };
    return keeps();
  });
  test('from a host that comes after it', async () => {
    await keeps(giving(100));
    expect(asked).toBe(0);
  });
  test('in the middle of a handover of its own', async () => {
    vip.offset = -98;
    await keeps();
  });
});

test('a host that does not hold it asks nobody', async () => {
  vip.holder = 'there';
  await giveBackIfWanted(giving());
  expect(asked).toBe(0);
});

test('only those that come before it are asked, and one that is off less and less often', async () => {
  answer = { unreachable: 'no route to host' };
  const stop = new AbortController();
  const atMs: number[] = [];
  const of = giving();
  const { clock } = of.handOver.time;
  const ask: typeof of.ask = (some) => {
    atMs.push(clock.monotonicMs());
    return of.ask(some);
  };
  const fromMs = clock.monotonicMs();
  await giveBackWhenWanted(
    { ...of, ask },
    async (ms) => {
      await of.handOver.time.sleep(ms);
      if (clock.monotonicMs() - fromMs > 150_000) stop.abort();
    },
    stop.signal,
  );
  expect(atMs.map((ms) => (ms - fromMs) / 1_000)).toEqual([0, 4, 12, 28, 58, 88, 118, 148]);
  expect(new Set(names.flat())).toEqual(new Set(['pi-1']));
  // Back again, it is heard as before.
  answer = wanting(true);
  await giveBackIfWanted({ ...of, ask });
  expect(vip.holder).toBe('there');
});

test('looks again and again until the agent is to end, whatever goes wrong', async () => {
  const stop = new AbortController();
  let slept = 0;
  await giveBackWhenWanted(
    { ...giving(), ask: () => Promise.reject(new Error('no network')) },
    async () => {
      slept += 1;
      if (slept === 3) stop.abort();
    },
    stop.signal,
  );
  expect(slept).toBe(3);
});
