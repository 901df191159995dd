import { expect, test } from 'vitest';
import { formatMetrics, type MetricFacts } from '../../../agent/fleet/metrics.ts';
import { NOTHING_COUNTED, tallied } from '../../../agent/fleet/tally.ts';
import { commitOf } from '../../support/desired.ts';
import { peerOf } from '../../support/peers.ts';
import { changeOf, stuckOf, takenBackOf } from '../../support/status.ts';
import { readPrometheusText } from './prometheus-text.ts';

const factsOf = (more: Partial<MetricFacts> = {}): MetricFacts => ({
  self: peerOf({ role: 'MASTER', vip: { held: true, answers: true, seen: null } }),
  cycle: { atMs: 1_700_000_000_500, tookMs: 230 },
  lastChange: changeOf(),
  tally: { changes: 3, driftCorrected: 2, rollbacks: 1 },
  checks: {
    'https[10.1.233.1:6443]/answers': { ok: true },
    'unit[haproxy.service]': { ok: false, seen: 'it is not running' },
    'vrrp[VI_1]': { ok: null, why: 'keepalived is not managed here' },
  },
  ...more,
});
const samples = (more: Partial<MetricFacts> = {}) => readPrometheusText(formatMetrics(factsOf(more)));

test('a well host, as Prometheus reads it', () => {
  const found = samples();
  expect(Object.fromEntries([...found].filter(([, value]) => value !== 0))).toEqual({
    'holdfast_build_info{release="1.0.0"}': 1,
    'holdfast_role{role="MASTER"}': 1,
    'holdfast_outcome{outcome="in desired state"}': 1,
    'holdfast_phase{phase="idle"}': 1,
    holdfast_generation: 1,
    holdfast_cycle_duration_seconds: 0.23,
    holdfast_last_cycle_timestamp_seconds: 1_700_000_000.5,
    holdfast_last_success_timestamp_seconds: 996,
    holdfast_last_change_duration_seconds: 1.234,
    holdfast_changes_total: 3,
    holdfast_drift_corrected_total: 2,
    holdfast_rollbacks_total: 1,
    holdfast_vip_held: 1,
    holdfast_vip_answers: 1,
    holdfast_api_server_ready: 1,
    'holdfast_health_check_ok{check="https[10.1.233.1:6443]/answers"}': 1,
  });
  expect(found.get('holdfast_health_check_ok{check="unit[haproxy.service]"}')).toBe(0);
  expect(found.get('holdfast_outcome{outcome="rolled back"}')).toBe(0);
});

test('exactly one outcome and one phase are the case', () => {
  const found = samples({ self: peerOf({ outcome: 'stuck', phase: 'rolling back' }) });
  const of = (name: string) => [...found].filter(([series]) => series.startsWith(`${name}{`));
  expect(of('holdfast_outcome').filter(([, value]) => value === 1)).toEqual([
    ['holdfast_outcome{outcome="stuck"}', 1],
  ]);
  expect(of('holdfast_phase')).toHaveLength(5);
  expect(found.get('holdfast_phase{phase="rolling back"}')).toBe(1);
});

test('what is not known has no sample: a 0 would be a claim', () => {
  const unknown = samples({
    self: peerOf({
      role: null,
      lastSuccessMs: null,
      vip: { held: false, answers: null, seen: null },
      apiServer: { ready: null, seen: null },
    }),
    cycle: null,
    lastChange: null,
    checks: {},
  });
  const names = [...unknown.keys()].join('\n');
  expect(names).not.toMatch(/role|vip_answers|api_server|health|duration|timestamp/);
  expect(unknown.get('holdfast_vip_held')).toBe(0);
});

test('an API server or a virtual IP that does not answer is a 0', () => {
  const found = samples({
    self: peerOf({
      vip: { held: false, answers: false, seen: 'connection refused' },
      apiServer: { ready: false, seen: 'HTTP 500' },
      waiting: { for: 'kubernetes-node-3', why: 'it has not settled' },
      paused: true,
      takenBack: [{ commit: commitOf(2).sha, why: 'x' }],
    }),
  });
  expect(found.get('holdfast_vip_answers')).toBe(0);
  expect(found.get('holdfast_api_server_ready')).toBe(0);
  expect(found.get('holdfast_waiting')).toBe(1);
  expect(found.get('holdfast_paused')).toBe(1);
  expect(found.get('holdfast_taken_back_commits')).toBe(1);
});

test('a name that would end its label stays in it', () => {
  const odd = 'command[a "b" \\ c\nd]';
  const found = samples({ checks: { [odd]: { ok: true } } });
  expect(found.get('holdfast_health_check_ok{check="command[a \\"b\\" \\\\ c\\nd]"}')).toBe(1);
});

test('what ended in a cycle is counted: drift by resource, and a change that is stuck has not ended', () => {
  const drift = { id: 'file[/etc/a]', why: 'drift' as const, summary: ['content'] };
  const before = { changes: 1, driftCorrected: 5, rollbacks: 1 };
  expect(tallied(NOTHING_COUNTED, [])).toEqual(NOTHING_COUNTED);
  expect(
    tallied(before, [
      changeOf({ changes: [drift, { ...drift, id: 'file[/etc/b]' }, { ...drift, why: 'commit' }] }),
      changeOf({ end: 'degraded' }),
      takenBackOf({ changes: [drift] }),
      stuckOf(),
    ]),
  ).toEqual({ changes: 3, driftCorrected: 7, rollbacks: 2 });
});
