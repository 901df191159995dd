import { shortSha } from '../plan/format-plan.ts';
import type { LastChange, ReportedChange, Status } from './status.ts';

/** One human sentence, and the same as fields. */
export type Told = {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly event: string;
  readonly sentence: string;
  readonly fields?: Readonly<Record<string, string | number>>;
};

const at =
  (level: Told['level']) =>
  (event: string, sentence: string, fields: Told['fields'] = {}): Told => ({
    level,
    event,
    sentence,
    fields,
  });
export const error = at('error');
export const warn = at('warn');
export const info = at('info');

export const inForce = (status: Status): string =>
  status.commit === null ? `generation ${status.generation}` : `commit ${shortSha(status.commit.sha)}`;
/** Nothing but what others had changed on the host. */
export const isDrift = (changes: readonly ReportedChange[]): boolean =>
  changes.length > 0 && changes.every(({ why }) => why === 'drift');
/** What was to be brought to this host. Who wrote the commit has nothing to do with what others changed since. */
export function whatItWas({ of, commit, changes }: LastChange): string {
  if (isDrift(changes))
    return `the correction of drift from ${commit === null ? of : `commit ${shortSha(commit.sha)}`}`;
  return `${of}${commit === null ? '' : ` by ${commit.author}`}`;
}
/** A clause as the end of a sentence. */
export const ended = (clause: string): string => (clause.endsWith('.') ? clause : `${clause}.`);
/** `file[/etc/a] waits for /etc/b, which does not exist yet.` */
export const sayWaiting = ({ id, why }: { readonly id: string; readonly why: string }): string =>
  `${id} ${why.startsWith('waits ') ? '' : 'is held back: '}${ended(why)}`;
export const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
