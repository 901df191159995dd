import type { HttpAnswer } from '../host/probes.ts';
import { unwell, WELL, type Seen } from './check.ts';

const LONGEST = 160;

/** `statuses`: which ones are well. A failing API server says why in the body, and that is what a person needs. */
export function seenInReply(
  reply: HttpAnswer['reply'],
  isWell: (status: number) => boolean = (status) => status === 200,
): Seen {
  if ('failed' in reply) return unwell(reply.failed);
  if (isWell(reply.status)) return WELL;
  const reason = reasonIn(reply.body);
  return unwell(`HTTP ${reply.status}${reason === '' ? '' : `: ${reason}`}`);
}

/**
 * Of Kubernetes' health report the lines that failed (`[-]etcd failed: reason withheld`); of its Status objects the
 * message; of anything else the first line that is not markup.
 */
function reasonIn(body: string): string {
  const failed = [...body.matchAll(/^\[-\](.*)$/gm)].map(([, line]) => line!.trim());
  const message = /"message"\s*:\s*"((?:[^"\\]|\\.)*)"/.exec(body)?.[1]?.replaceAll('\\"', '"');
  const first = body.split('\n').find((line) => /^[^<{[]*\w/.test(line));
  const reason = failed.length > 0 ? failed.join('; ') : (message ?? first ?? '').trim();
  return reason.length > LONGEST ? `${reason.slice(0, LONGEST)}…` : reason;
}
