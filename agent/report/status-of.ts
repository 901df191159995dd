import type { Clock, FileReader, Identity } from '../host/host.ts';
import type { Candidate } from '../desired/candidate.ts';
import { formatDiagnostic } from '../desired/diagnostics.ts';
import type { Role } from '../desired/role.ts';
import type { Choice } from '../plan/choose.ts';
import { formatFrom } from '../plan/format-plan.ts';
import { kindOf, parts, type Kinds } from '../resources/kind.ts';
import type { Found } from '../source/source.ts';
import type { Recovered } from '../transaction/recover.ts';
import type { Commit, LastChange, OutcomeName, Status } from './status.ts';

export type Ended = Recovered & {
  readonly found: Found;
  readonly mode: 'apply' | 'dry run';
  readonly choice: Choice;
  readonly done: readonly LastChange[];
};

export type Describing = {
  readonly release: string;
  readonly kinds: Kinds;
  readonly host: { readonly files: FileReader };
  /** Asked anew each time: addresses come and go. */
  readonly identity: () => Identity;
  readonly clock: Clock;
};

/** The whole picture at the end of a cycle. */
export async function statusOf(ended: Ended, before: Status | null, tools: Describing): Promise<Status> {
  const { found, ledger, choice, done } = ended;
  const role = roleOf(ended);
  const cluster = clusterOf(ended);
  const { outcome, why } = outcomeOf(ended);
  const nowMs = tools.clock.now();
  const { hostname, addresses } = tools.identity();
  return {
    version: 1,
    release: tools.release,
    atMs: nowMs,
    hostname,
    role: role?.role ?? null,
    priority: role?.priority ?? null,
    address: role?.address ?? null,
    vip: cluster?.vip ?? null,
    vipHeld: cluster === null ? null : [...addresses.values()].flat().includes(cluster.vip),
    outcome,
    why,
    commit: commitInForce(ended),
    generation: ledger.generation,
    resources: ledger.inventory.size,
    managed: [...ledger.inventory.keys()].sort(),
    source: {
      ok: found.ok,
      why: found.why,
      head: found.head?.sha ?? null,
      sinceMs: before !== null && before.source.ok === found.ok ? before.source.sinceMs : nowMs,
    },
    refused: choice.refused && {
      of: formatFrom(choice.refused.from),
      commit: 'commit' in choice.refused.from && 'author' in choice.refused.from ? found.head : null,
      reasons: choice.refused.reasons,
    },
    waiting: choice.plan?.waiting ?? [],
    cannot: choice.plan?.refused ?? [],
    notices: [...losses(ended, before), ...(await notices(choice, tools))],
    lastChange: done.at(-1) ?? before?.lastChange ?? null,
    lastDrift:
      done.findLast(({ changes }) => changes.some((c) => c.why === 'drift')) ?? before?.lastDrift ?? null,
  };
}

/** What this host no longer knows about itself. */
function losses({ lost, committed }: Ended, before: Status | null): readonly string[] {
  if (lost !== null) return [lost];
  if (committed !== null || before === null || before.generation === 0) return [];
  return [
    'The state directory was lost: what was first seen on this host is from now on what is found on it today, and any history of the state repository is accepted once.',
  ];
}

const isCandidate = (newest: Found['newest']): newest is Candidate =>
  newest !== null && typeof newest === 'object' && 'resources' in newest;
const noDesiredState = ({ found: { newest } }: Ended): string | null =>
  newest !== null && typeof newest === 'object' && 'noDesiredState' in newest ? newest.noDesiredState : null;

/** Of what is enforced; where nothing is, of what was asked. */
function roleOf(ended: Ended): Role | null {
  if (noDesiredState(ended) !== null) return null;
  if (ended.choice.plan !== null) return ended.choice.plan.of.role;
  return isCandidate(ended.found.newest)
    ? ended.found.newest.role
    : (ended.committed?.candidate.role ?? null);
}

function clusterOf(ended: Ended): { readonly vip: string } | null {
  const from =
    ended.choice.plan?.of ??
    (isCandidate(ended.found.newest) ? ended.found.newest : ended.committed?.candidate);
  return (from?.cluster as { readonly vip: string } | undefined) ?? null;
}

function commitInForce(ended: Ended): Commit | null {
  const { plan } = ended.choice;
  const brought =
    plan !== null && !('generation' in plan.of.from) && ended.done.every(({ failure }) => failure === null);
  return brought ? ended.found.head : (ended.committed?.commit ?? null);
}

function outcomeOf(ended: Ended): { readonly outcome: OutcomeName; readonly why: string | null } {
  const { found, choice, done } = ended;
  const unlisted = noDesiredState(ended);
  if (unlisted !== null) return { outcome: 'no desired state', why: unlisted };
  const failed = done.find(({ failure }) => failure !== null);
  if (failed !== undefined) return { outcome: 'failed', why: failed.failure };
  if (choice.refused !== null) return { outcome: 'refused', why: choice.refused.reasons[0] ?? null };
  if (choice.plan === null)
    return { outcome: 'nothing known', why: found.why ?? 'there is no commit to follow yet.' };
  const [stuck] = choice.plan.refused;
  if (stuck !== undefined) return { outcome: 'failed', why: `${stuck.id}: ${stuck.why}` };
  const pending = ended.mode === 'dry run' && choice.plan.steps.length > 0;
  return { outcome: done.length > 0 || pending ? 'changed' : 'in desired state', why: null };
}

/** What a person should know although nothing has to change. That it cannot be looked at changes no outcome. */
async function notices({ plan }: Choice, { kinds, host }: Describing): Promise<readonly string[]> {
  if (plan === null) return [];
  const said = await Promise.all(
    plan.of.resources.map(async ({ id, spec }) => {
      const observed = plan.observed.get(id);
      if (observed === undefined) return [];
      return kindOf(id, kinds)
        .notices(parts(id)[1], spec, observed, host.files)
        .catch((cause: unknown) => [`${id}: ${cause instanceof Error ? cause.message : String(cause)}`]);
    }),
  );
  const warnings = (plan.of.warnings ?? []).map((warning) => formatDiagnostic(warning, { colour: false }));
  return [...warnings, ...said.flat()];
}
