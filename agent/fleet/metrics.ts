import type { Seen } from '../health/check.ts';
import type { LastChange } from '../report/status.ts';
import type { PeerStatus } from './peer-status.ts';
import { OUTCOMES, PHASES } from './read-peer-status.ts';
import type { Tally } from './tally.ts';

export type MetricFacts = {
  readonly self: PeerStatus;
  /** The last cycle that ended; `null`: none since the agent started. */
  readonly cycle: { readonly atMs: number; readonly tookMs: number } | null;
  readonly lastChange: Pick<LastChange, 'tookMs'> | null;
  readonly tally: Tally;
  /** What the last health gate saw, by check. */
  readonly checks: Readonly<Record<string, Seen>>;
};

type Labels = Readonly<Record<string, string>>;
type Sample = { readonly labels?: Labels; readonly value: number };

/**
 * Prometheus' text format, https://prometheus.io/docs/instrumenting/exposition_formats/. What is not known has no
 * sample: a 0 would be a claim. Pure.
 */
export function formatMetrics({ self, cycle, lastChange, tally, checks }: MetricFacts): string {
  return [
    gauge('build_info', 'The release that runs here.', [{ labels: { release: self.release }, value: 1 }]),
    gauge('role', 'The part that this host has in the cluster.', roles(self)),
    gauge(
      'outcome',
      'How the last cycle ended: 1 for what is the case.',
      oneOf('outcome', OUTCOMES, self.outcome),
    ),
    gauge('phase', 'What is under way: 1 for what is the case.', oneOf('phase', PHASES, self.phase)),
    gauge('generation', 'The desired state in force, counted; 0 is none.', one(self.generation)),
    gauge('paused', 'Whether somebody has paused this host.', truth(self.paused)),
    gauge('waiting', 'Whether this host waits for another one.', truth(self.waiting !== null)),
    gauge(
      'taken_back_commits',
      'Commits taken back here that are not tried again.',
      one(self.takenBack.length),
    ),
    gauge('cycle_duration_seconds', 'How long the last cycle took.', seconds(cycle?.tookMs)),
    gauge('last_cycle_timestamp_seconds', 'When the last cycle ended.', seconds(cycle?.atMs)),
    gauge(
      'last_success_timestamp_seconds',
      'When this host was last found in its desired state, or brought to it.',
      seconds(self.lastSuccessMs),
    ),
    gauge(
      'last_change_duration_seconds',
      'How long the last change took, checks included.',
      seconds(lastChange?.tookMs),
    ),
    counter('changes_total', 'Changes that were kept, since the agent started.', tally.changes),
    counter(
      'drift_corrected_total',
      'Resources brought back to the desired state, since the agent started.',
      tally.driftCorrected,
    ),
    counter('rollbacks_total', 'Changes that were taken back, since the agent started.', tally.rollbacks),
    gauge('vip_held', 'Whether the virtual IP is on this host.', truth(self.vip.held)),
    gauge('vip_answers', 'Whether the virtual IP answers, asked from here.', truth(self.vip.answers)),
    gauge('api_server_ready', "Whether this host's own API server is ready.", truth(self.apiServer.ready)),
    gauge('health_check_ok', 'What the last health checks saw.', healthOf(checks)),
  ].join('');
}

const gauge = (name: string, help: string, samples: readonly Sample[]): string =>
  family(name, 'gauge', help, samples);
const counter = (name: string, help: string, value: number): string =>
  family(name, 'counter', help, one(value));

function family(name: string, type: 'gauge' | 'counter', help: string, samples: readonly Sample[]): string {
  if (samples.length === 0) return '';
  const full = `holdfast_${name}`;
  const lines = samples.map(({ labels = {}, value }) => `${full}${labelsIn(labels)} ${value}`);
  return `# HELP ${full} ${help}\n# TYPE ${full} ${type}\n${lines.join('\n')}\n`;
}

function labelsIn(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}
const escaped = (value: string): string =>
  value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');

const one = (value: number): readonly Sample[] => [{ value }];
const truth = (value: boolean | null): readonly Sample[] => (value === null ? [] : one(value ? 1 : 0));
const seconds = (ms: number | null | undefined): readonly Sample[] =>
  ms === null || ms === undefined ? [] : one(ms / 1000);
const roles = ({ role }: PeerStatus): readonly Sample[] =>
  role === null ? [] : [{ labels: { role }, value: 1 }];
const oneOf = (label: string, names: Readonly<Record<string, true>>, is: string): readonly Sample[] =>
  Object.keys(names).map((name) => ({ labels: { [label]: name }, value: name === is ? 1 : 0 }));
/** One that makes no sense on this host now has no sample. */
const healthOf = (checks: MetricFacts['checks']): readonly Sample[] =>
  Object.entries(checks).flatMap(([check, { ok }]) =>
    ok === null ? [] : [{ labels: { check }, value: ok ? 1 : 0 }],
  );
