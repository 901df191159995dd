import { shortSha } from '../plan/format-plan.ts';
import type { ReportedChange, Status } from './status.ts';

/** One human sentence, and the same as fields. */
export type Told = {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly event: string;
  readonly sentence: string;
  readonly fields?: Readonly<Record<string, string | number>>;
};

export const warn = (event: string, sentence: string, fields: Told['fields'] = {}): Told => ({
  level: 'warn',
  event,
  sentence,
  fields,
});
export const info = (event: string, sentence: string, fields: Told['fields'] = {}): Told => ({
  level: 'info',
  event,
  sentence,
  fields,
});

export const inForce = (status: Status): string =>
  status.commit === null ? `generation ${status.generation}` : `commit ${shortSha(status.commit.sha)}`;
/** Nothing but what others had changed on the host. */
export const isDrift = (changes: readonly ReportedChange[]): boolean =>
  changes.length > 0 && changes.every(({ why }) => why === 'drift');
/** A clause as the end of a sentence. */
export const ended = (clause: string): string => (clause.endsWith('.') ? clause : `${clause}.`);
/** `file[/etc/a] waits for /etc/b, which does not exist yet.` */
export const sayWaiting = ({ id, why }: { readonly id: string; readonly why: string }): string =>
  `${id} ${why.startsWith('waits ') ? '' : 'is held back: '}${ended(why)}`;
export const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;
export const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
