import { describe, expect, it } from 'vitest';
import type { ApiServerFact, LiveFact, UnitFact } from '../../../agent/health/live-fact.ts';
import { LIVE_LIMIT_MS, waitUntilLive } from '../../../agent/health/live.ts';
import type { HaproxyAnswer, Probes } from '../../../agent/host/probes.ts';
import { fakeTime } from './fake-time.ts';
import { ACTIVE, GOOD, probesOf, REFUSED } from './probes.ts';
import { API_FACT } from './proof.ts';

/** What takes its time, with the limits as they are. Nothing is asked here but what concerns the daemons: no virtual IP. */

const HAPROXY: UnitFact = {
  unit: 'haproxy.service',
  did: 'reload',
  invocation: 'one',
  restarts: 0,
  haproxyReloads: 0,
  keepalived: null,
};
const RELOADED: HaproxyAnswer = { reloads: 1, failed: 0, workerOfLastReload: true, alerts: [] };

/** `found`: what there is at a moment; `tookMs`: how long it takes to find it out. */
async function waiting(
  facts: readonly LiveFact[],
  found: (nowMs: number) => Partial<Parameters<typeof probesOf>[0]> & { readonly tookMs?: number },
) {
  const time = fakeTime();
  const asked: string[] = [];
  const at = (): ReturnType<typeof probesOf> => probesOf(found(time.now));
  const probes: Probes = {
    ...probesOf(),
    http: async (one) => {
      asked.push(`${one.host}${one.path}`);
      return at().http(one);
    },
    haproxy: async (...one) => {
      const answer = await at().haproxy(...one);
      time.now += found(time.now).tookMs ?? 0;
      return answer;
    },
    listeners: async (port) => {
      const answer = await at().listeners(port);
      time.now += found(time.now).tookMs ?? 0;
      return answer;
    },
    live: { ...probesOf().live, query: (argv) => at().live.query(argv) },
  };
  const lived = await waitUntilLive({ facts, probes, deadlineMs: LIVE_LIMIT_MS, time });
  const failed = lived.failed.map(({ id, seen }) => `${id}: ${seen}`);
  return { ...lived, failed, asked: [...new Set(asked)] };
}
const listener = (process: string) => ({ address: '10.1.1.1', program: 'kube-apiserver', process });
const oldOne = { listeners: async () => [listener('old')] };
const nobody = { listeners: async () => [], http: async () => REFUSED };
const newOne = { listeners: async () => [listener('new')], http: async () => GOOD };

describe('what takes its time', () => {
  it('an API server that starts for 45 s is waited for, and the virtual IP is nobody to ask', async () => {
    const lived = await waiting([API_FACT], (nowMs) =>
      nowMs < 2_000 ? oldOne : nowMs < 47_000 ? nobody : newOne,
    );
    expect(lived).toEqual({
      live: true,
      failed: [],
      unproven: [],
      tookMs: 47_000,
      asked: ['10.1.1.1/readyz'],
    });
  });

  it('one that never comes is given up after five minutes', async () => {
    expect(await waiting([API_FACT], () => nobody)).toMatchObject({
      live: false,
      failed: ['live[kube-apiserver]: not within 300 s: no API server listens on 10.1.1.1:6443'],
      tookMs: 300_000,
    });
  });

  it('one that was unwell before, and still is, is said and not held against the change', async () => {
    const fact: ApiServerFact = { ...API_FACT, was: { unwell: 'HTTP 500: etcd failed' } };
    const down = { ...newOne, http: async () => REFUSED };
    expect(await waiting([fact], () => down)).toMatchObject({
      live: true,
      unproven: [
        'Whether the API server runs with its new manifest cannot be proved: the new API server is not ready: connection refused; it was not well before the change either (HTTP 500: etcd failed).',
      ],
      tookMs: 300_000,
    });
    expect(await waiting([fact], (nowMs) => (nowMs < 20_000 ? down : newOne))).toMatchObject({
      live: true,
      unproven: [],
      tookMs: 20_000,
    });
  });

  it('a unit that stops for 40 s is waited for', async () => {
    const stopping = { ActiveState: 'deactivating', SubState: 'stop-sigterm' };
    const lived = await waiting([{ ...HAPROXY, did: 'restart' }], (nowMs) => ({
      units: { 'haproxy.service': { ...ACTIVE, ...(nowMs < 40_000 ? stopping : { InvocationID: 'two' }) } },
    }));
    expect(lived).toMatchObject({ live: true, failed: [], tookMs: 42_000 });
  });

  it('a daemon that was live is not given up for one answer that it fails to give while another starts', async () => {
    const lived = await waiting([HAPROXY, API_FACT], (nowMs) => ({
      ...(nowMs < 100_000 ? nobody : newOne),
      haproxy: async () => (nowMs > 50_000 && nowMs < 60_000 ? { silent: 'no answer' } : RELOADED),
    }));
    expect(lived).toMatchObject({ live: true, failed: [], tookMs: 100_000 });
  });

  it('a fact of an older release, which knew units only, is understood', async () => {
    const journal =
      '{"unit":"haproxy.service","did":"reload","invocation":"one","restarts":0,"haproxyReloads":0,"keepalived":null}';
    const lived = await waiting([JSON.parse(journal) as LiveFact], () => ({ haproxy: async () => RELOADED }));
    expect(lived).toMatchObject({ live: true, failed: [], unproven: [] });
  });
});

describe('an agent that was frozen while it waited', () => {
  const late = (nowMs: number) => (nowMs < 610_000 ? nobody : newOne);

  it('does not count that time, when it was frozen in a look', async () => {
    const lived = await waiting([API_FACT], (nowMs) => ({
      ...late(nowMs),
      ...(nowMs === 5_000 ? { tookMs: 600_000 } : {}),
    }));
    expect(lived).toMatchObject({ live: true, failed: [] });
  });

  it('does not count a shorter time either, for the look began before the limit', async () => {
    const lived = await waiting([HAPROXY], (nowMs) => ({
      haproxy: async () => ({ ...RELOADED, workerOfLastReload: nowMs >= 35_000 }),
      ...(nowMs === 1_000 ? { tookMs: 36_000 } : {}),
    }));
    expect(lived).toMatchObject({ live: true, failed: [] });
  });

  it('still gives up what never comes', async () => {
    const lived = await waiting([API_FACT], (nowMs) => ({
      ...nobody,
      ...(nowMs === 5_000 ? { tookMs: 600_000 } : {}),
    }));
    expect(lived).toMatchObject({ live: false, tookMs: 900_000 });
  });
});
