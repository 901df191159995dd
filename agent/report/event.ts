import type { Json } from '../host/host.ts';

export type Level = 'debug' | 'info' | 'warn' | 'error';

/** Something that happened: a sentence for a person, and the same as fields for a query. */
export type LogEvent = {
  /** A stable kebab-case name, as in `commit-refused`: `journalctl HOLDFAST_EVENT=commit-refused`. */
  readonly event: string;
  readonly sentence: string;
  readonly commit?: string | undefined;
  /** As everywhere: `file[/etc/haproxy/haproxy.cfg]`. */
  readonly resource?: string | undefined;
  readonly outcome?: string | undefined;
  /** The log's own word. */
  readonly level?: never;
  readonly [field: string]: Json | undefined;
};
