import { afterAll, beforeAll, expect } from 'vitest';
import { BAD, LAYERS_AT, type BadChange } from './bad-changes.ts';
import {
  allAt,
  differences,
  messages,
  picture,
  probed,
  reportOf,
  untilReported,
  type HostStatus,
} from './cluster.ts';
import { HOSTS, lab, type Changes, type Host } from './lab.ts';
import { saidToBeTakenBack } from './said.ts';
import { pushed, readyToTryOut } from './try-out.ts';

/** Labs boot with hosts that change all at once; these tests have them take turns. */
const ROLLOUT = /^rollout: .*$/m;
export const rollout = (text: string): Changes => ({
  'cluster.yaml': (old) => old.replace(ROLLOUT, `rollout: { ${text} }`),
});
/** Short waits: what is seen is that they end, not how long a person would want them. */
export const TURNS = 'settle: 2s, unreachable: 20s';
/** Three turns, each with its gate, and the waiting between them. */
export const TURNS_MS = 300_000;

/** What every host of the cluster has changed when it says so. */
export const NOTE = '/etc/note.conf';
export const withNote = (text: string): Changes => ({
  'roles/control-plane.yaml': (old) =>
    old
      .replace(/^ {2}\/etc\/note\.conf: .*\n/m, '')
      .replace(/^files:\n/m, `files:\n  ${NOTE}: { content: "${text}\\n" }\n`),
});

/** For a whole file: its hosts take turns, and afterwards change all at once again. */
export function inTurns(): void {
  beforeAll(async () => {
    await readyToTryOut();
    await takingTurns();
  });
  afterAll(allAtOnce);
}

/** The same for a file that changes how API servers behave, and what is committed: afterwards all is as it was. */
export function apiServersInTurns(): { readonly base: () => string } {
  let base = '';
  beforeAll(async () => {
    await readyToTryOut();
    await takingTurns();
    base = lab.head();
  });
  afterAll(async () => {
    for (const n of HOSTS) lab.host(n).apiServer({});
    await asCommitted(base);
    await allAtOnce();
  });
  return { base: () => base };
}

/** The state repository says again what it said at an older commit, and every host is so. */
export async function asCommitted(head: string): Promise<void> {
  lab.git('read-tree', '-u', '--reset', head);
  await allAt(pushed({}, 'As it was'), HOSTS, TURNS_MS);
}

/** The end of each host's journal, to read on from. */
export const cursors = (): readonly string[] => HOSTS.map((n) => lab.host(n).cursor());

export async function takingTurns(): Promise<void> {
  await allAt(pushed(rollout(TURNS), 'Hosts take turns'));
}
export async function allAtOnce(): Promise<void> {
  await allAt(pushed(rollout('strategy: together'), 'Hosts change all at once'), HOSTS, TURNS_MS);
}

/** In which order hosts changed for a commit, from what they report, and that no two did so at one time. */
export function orderOf(sha: string): readonly number[] {
  const spans = HOSTS.flatMap((n) => {
    const change = reportOf(lab.host(n)).lastChange;
    return change?.commit?.sha === sha ? [{ n, from: change.atMs, to: change.atMs + change.tookMs }] : [];
  }).toSorted((a, b) => a.from - b.from);
  for (const [at, { from }] of spans.entries())
    if (at > 0) expect(from).toBeGreaterThanOrEqual(spans[at - 1]!.to);
  return spans.map(({ n }) => n);
}

/** It is held here by what became of the commit there, and `why`, `status` and the journal say so. */
export async function stoppedBy(host: Host, sha: string, why: RegExp, cursor: string): Promise<HostStatus> {
  const status = await untilReported(
    host,
    `to stop before ${sha.slice(0, 12)}`,
    ({ held }) => held !== null && held.commit?.sha === sha && why.test(held.why),
    TURNS_MS,
  );
  expect(status.outcome).toBe('held');
  expect(status.lastChange?.commit?.sha).not.toBe(sha);
  for (const verb of ['status', 'why']) expect(host.run(['holdfast', verb]).stdout).toMatch(why);
  const said = host.journal(cursor).filter((entry) => entry['HOLDFAST_EVENT'] === 'held');
  expect(messages(said).join('\n')).toMatch(why);
  return status;
}

/** What the first host in line, a BACKUP, finds out for all. */
export const FOUND_BY_THE_FIRST: readonly BadChange[] = [
  BAD.DEAD_PORT,
  BAD.TAKEN_BIND,
  BAD.TRACK_SCRIPT,
  BAD.ENDS_ON_RELOAD,
  BAD.CUTS_GIT,
  BAD.NO_NONLOCAL_BIND,
  BAD.UNIT_THAT_FAILS,
];

/** Committed for all hosts: the first one takes it back, the others do not try, and clients notice nothing. */
export async function triedByOne(bad: BadChange): Promise<void> {
  const from = cursors();
  const before = HOSTS.map((n) => picture(lab.host(n)));
  const { failures, reasons } = await probed(async () => {
    const layers = Object.fromEntries(LAYERS_AT.all.map((layer) => [layer, bad.layer]));
    const sha = pushed({ ...bad.files, ...layers }, bad.name);
    await stoppedBy(lab.host(2), sha, /kubernetes-node-3 took it back: /, from[1]!);
    await stoppedBy(lab.host(1), sha, /kubernetes-node-3 took it back: /, from[0]!);
    const expected = bad.ends(3, 'BACKUP');
    const seen = 'seen' in expected ? expected.seen : /./;
    saidToBeTakenBack(lab.host(3), sha, seen, reportOf(lab.host(3)), from[2]!);
    for (const n of HOSTS) expect(differences(before[n - 1]!, picture(lab.host(n)))).toEqual([]);
  });
  expect({ failures, reasons }).toEqual({ failures: 0, reasons: {} });
}
