import { existsSync, readFileSync } from 'node:fs';

/** A process that has gone, or waits as a zombie for whoever adopted it, runs no more. */
export const runs = (pid: string): boolean =>
  existsSync(`/proc/${pid}/stat`) && !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
