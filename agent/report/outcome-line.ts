import { shortSha } from '../plan/format-plan.ts';
import { whatFor } from './lines.ts';
import type { Status } from './status.ts';

/** How it is, in one line. Whatever has lines of its own in `holdfast status` is only named here. */
export function outcomeLine(status: Status): string {
  const { outcome, why, cannot } = status;
  const named = whatItIsAbout(status);
  if (named !== null) return `${outcome}: ${named}`;
  const [first] = cannot;
  if (first !== undefined && why === `${first.id}: ${first.why}`)
    return `${outcome}: ${cannot.length === 1 ? '1 resource' : `${cannot.length} resources`} cannot be brought to the desired state`;
  return `${outcome}${why === null ? '' : `: ${why}`}`;
}

function whatItIsAbout(status: Status): string | null {
  const { outcome, refused, held, stuck, lastChange } = status;
  if (outcome === 'paused') return 'nothing is changed on this host';
  if (outcome === 'stuck') return stuck && `${whatFor(stuck)} could not be taken back completely`;
  if (outcome === 'refused') return refused && `${newest(refused)}; ${stays(status)}`;
  if (outcome === 'held') return held && `${newest(held)}; ${stays(status)}`;
  if (lastChange?.end !== outcome) return null;
  return outcome === 'rolled back'
    ? `${whatFor(lastChange)}; ${stays(status)}`
    : `${whatFor(lastChange)} is kept, although not everything is well`;
}

const newest = ({ of, commit }: Pick<NonNullable<Status['refused']>, 'of' | 'commit'>): string =>
  commit === null ? of : 'the newest commit';

function stays({ commit, generation }: Status): string {
  if (generation === 0) return 'nothing is in force yet';
  return `${commit === null ? `generation ${generation}` : shortSha(commit.sha)} stays in force`;
}

/** One line for `systemctl status holdfast`. */
export function formatSummary(status: Status): string {
  const role = status.role === null ? 'no role' : status.role;
  const commit = status.commit === null ? 'no commit in force' : `commit ${shortSha(status.commit.sha)}`;
  return `${status.outcome}; ${role}; ${commit}${status.why === null ? '' : `; ${status.why}`}`;
}
