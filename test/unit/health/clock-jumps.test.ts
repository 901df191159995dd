import { expect, it } from 'vitest';
import { converge, type Tools } from '../../../agent/converge.ts';
import { openHealth } from '../../../agent/health/health.ts';
import type { Json } from '../../../agent/host/host.ts';
import { candidate, commitOf, file } from '../../support/desired.ts';
import { FakeCycle } from '../../support/fake-cycle.ts';
import { FakeHost } from '../../support/fake-host.ts';
import { fakeTime } from './fake-time.ts';
import { clusterWith, GOOD, probesOf, REFUSED, VIP } from './probes.ts';

/**
 * A whole cycle on which the wall clock is set while the change is verified (a Pi has no clock of its own, and time
 * comes from the network): what is monotonic decides, so the end is the same.
 */
const HOUR_MS = 3_600_000;
const MOTD = '/etc/motd';

/** `vip`: whether the virtual IP answers, so many milliseconds after the change. The clock is set while that is made. */
async function committing(jumpMs: number, vip: (sinceMs: number) => boolean) {
  const host = new FakeHost();
  const cycle = new FakeCycle(host);
  const time = fakeTime();
  let changedMs: number | null = null;
  const setMs = (): number => (host.text(MOTD) === 'before\n' ? 0 : jumpMs);
  const clock = {
    now: () => 1_800_000_000_000 + time.now + setMs(),
    monotonicMs: time.clock.monotonicMs,
  };
  const probes = probesOf({
    http: async ({ host: asked }) => {
      if (host.text(MOTD) === 'before\n') return GOOD;
      changedMs ??= time.now;
      return asked !== VIP || vip(time.now - changedMs) ? GOOD : REFUSED;
    },
  });
  const tools: Tools = {
    ...cycle.tools(),
    clock,
    health: openHealth(probes, { clock, sleep: time.sleep }),
    source: {
      newest: async () => ({
        head: commitOf(1),
        ok: true,
        why: null,
        newest: {
          ...candidate(host, 1, [file(host, MOTD, 'after\n')]),
          cluster: clusterWith() as unknown as Json,
        },
      }),
    },
  };
  host.put(MOTD, 'before\n');
  const { status } = await converge(tools);
  return {
    end: status.lastChange?.end,
    failure: status.lastChange?.failure,
    text: host.text(MOTD),
    tookMs: time.now,
  };
}

it.each([0, HOUR_MS, -HOUR_MS])(
  'a hand-over of the virtual IP is waited for, and the change kept, with the clock set by %d ms',
  async (jumpMs) => {
    const ended = await committing(jumpMs, (sinceMs) => sinceMs >= 4_000);
    expect(ended).toMatchObject({ end: 'committed', failure: null, text: 'after\n' });
  },
);

it.each([0, HOUR_MS, -HOUR_MS])(
  'a virtual IP that stays away takes the change back, with the clock set by %d ms',
  async (jumpMs) => {
    const ended = await committing(jumpMs, () => false);
    expect(ended).toMatchObject({ end: 'rolled back', text: 'before\n' });
    expect(ended.failure).toContain(`https[${VIP}:6443]/answers: connection refused`);
  },
);

it('the clock changes nothing about how long it takes', async () => {
  const took = async (jumpMs: number): Promise<readonly number[]> =>
    Promise.all(
      [(sinceMs: number) => sinceMs >= 4_000, () => false].map(
        async (vip) => (await committing(jumpMs, vip)).tookMs,
      ),
    );
  const usual = await took(0);
  expect(await took(HOUR_MS)).toEqual(usual);
  expect(await took(-HOUR_MS)).toEqual(usual);
});
