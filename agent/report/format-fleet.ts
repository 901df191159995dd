import type { PeerStatus } from '../fleet/peer-status.ts';
import { isUnreachable, type PeerAnswer } from '../fleet/peers.ts';
import { shortSha } from '../plan/format-plan.ts';
import { fleetNotes } from './fleet-notes.ts';
import { age } from './times.ts';

/** All hosts of the cluster, highest priority first, workers last, and what each of them said. */
export type Fleet = { readonly vip: string; readonly hosts: readonly FleetHost[] };
export type FleetHost = {
  readonly name: string;
  readonly address: string;
  readonly answer: PeerAnswer;
  /** Why the answer is what this host's disk holds and not what its agent says, a clause. */
  readonly fromDisk?: string;
};

/** `holdfast fleet`: a table of all hosts, and below it in sentences what is not as it should be. */
export function formatFleet(fleet: Fleet): string {
  const rows = [HEAD, ...fleet.hosts.map(rowOf)];
  const widths = HEAD.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)) + 2);
  const table = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join('')
      .trimEnd(),
  );
  const notes = fleetNotes(fleet);
  return `${[...table, ...(notes.length === 0 ? [] : ['', ...notes])].join('\n')}\n`;
}

const HEAD = ['host', 'role', 'VIP', 'commit', 'phase', 'waits for', 'outcome', 'drift', 'last well'];
const NOTHING = '-';

function rowOf({ name, answer }: FleetHost): readonly string[] {
  if (isUnreachable(answer)) return [name, NOTHING, NOTHING, NOTHING, 'unreachable', ...after(5)];
  const { role, commit, generation, waiting, outcome, paused, nowMs, lastSuccessMs, driftAgoMs } = answer;
  const ago = (ms: number | null): string => (ms === null ? NOTHING : `${age(ms)} ago`);
  return [
    name,
    role ?? NOTHING,
    vipCell(answer.vip),
    commit === null ? (generation === 0 ? NOTHING : `generation ${generation}`) : shortSha(commit),
    phaseCell(answer),
    waiting?.for ?? NOTHING,
    paused && outcome !== 'paused' ? `${outcome}, paused` : outcome,
    ago(driftAgoMs ?? null),
    ago(lastSuccessMs === null ? null : nowMs - lastSuccessMs),
  ];
}

const after = (column: number): readonly string[] => HEAD.slice(column).map(() => NOTHING);

/** Whether it is there, and whether it answers when asked from there. */
function vipCell({ held, answers }: PeerStatus['vip']): string {
  const seen = answers === null ? null : answers ? 'answers' : 'NO ANSWER';
  return [...(held ? ['held'] : []), ...(seen === null ? [] : [seen])].join(', ') || NOTHING;
}

function phaseCell({ phase, changing, commit }: PeerStatus): string {
  const isAboutAnother = phase !== 'idle' && changing !== null && changing !== commit;
  return isAboutAnother ? `${phase} ${shortSha(changing)}` : phase;
}

/** `holdfast fleet --json`. */
export const fleetFields = ({ vip, hosts }: Fleet): object => ({
  vip,
  hosts: hosts.map(({ name, address, answer, fromDisk }) =>
    isUnreachable(answer)
      ? { name, address, reachable: false, why: answer.unreachable, status: null }
      : { name, address, reachable: fromDisk === undefined, why: fromDisk ?? null, status: answer },
  ),
});
