import { expect } from 'vitest';
import { HOSTS_AT, LAYERS_AT, type BadChange, type Expected, type Place } from './bad-changes.ts';
import { allAt, differences, picture, probed, untilReported, type HostStatus } from './cluster.ts';
import { HOSTS, lab, waitFor, type Changes, type Host } from './lab.ts';
import { saidToBeRefused, saidToBeTakenBack } from './said.ts';

/** Bad changes are tried out several at once only where none of them touches what another one is judged by. */
export type Attempt = { readonly bad: BadChange; readonly place: Place };

/** `health.within` of the template, and the issue's ten seconds on top. */
const ANSWERS_AGAIN_MS = 70_000;

export const inWords = (attempts: readonly Attempt[]): string =>
  attempts
    .map(({ bad, place }) => `${bad.name}, on ${place === 'all' ? 'all hosts' : `the ${place}`}`)
    .join('; ');

/** All is well, and nothing that somebody set up on the hosts lets through what is to be cut. */
export async function readyToTryOut(): Promise<void> {
  for (const n of HOSTS) lab.host(n).shell('ufw delete allow out to 224.0.0.18');
  await allAt(lab.head());
  await vipIsBack();
}

/** Commits what is bad, sees it taken back or refused and said, and every host as before; then reverts the commit. */
export async function tryOut(attempts: readonly Attempt[]): Promise<void> {
  const before = HOSTS.map((n) => picture(lab.host(n)));
  // The same may have been taken back on these hosts before.
  for (const n of HOSTS) lab.host(n).run(['holdfast', 'retry']);
  try {
    await takenBack(attempts, before);
  } finally {
    lab.git('revert', '--no-edit', 'HEAD');
    await allAt(pushed({}, ''));
  }
  // Also what was kept is gone again.
  for (const n of HOSTS) expect(differences(before[n - 1]!, picture(lab.host(n)))).toEqual([]);
}

async function takenBack(attempts: readonly Attempt[], before: readonly string[]): Promise<void> {
  const cursors = HOSTS.map((n) => lab.host(n).cursor());
  const { failures, reasons } = await probed(async () => {
    const sha = pushed(changesOf(attempts), inWords(attempts));
    const expected = HOSTS.map((n) => expectedOn(n, attempts));
    const ended = await Promise.all(HOSTS.map((n) => untilEnded(lab.host(n), sha, expected[n - 1]!)));
    for (const n of HOSTS) {
      judge(lab.host(n), sha, expected[n - 1]!, ended[n - 1]!, cursors[n - 1]!);
      if (!isKept(ended[n - 1]!, sha)) expect(differences(before[n - 1]!, picture(lab.host(n)))).toEqual([]);
    }
    await vipIsBack();
  });
  // At 50 requests a second; in one run or in several, all of them together are no longer than one may be.
  expect(failures * 20).toBeLessThanOrEqual(ANSWERS_AGAIN_MS);
  if (attempts.every(({ bad, place }) => bad.unnoticed.includes(place)))
    expect({ failures, reasons }).toEqual({ failures: 0, reasons: {} });
}

/** Commits and pushes, and does not wait for the hosts' schedule. */
export function pushed(changes: Changes, subject: string, hosts: readonly number[] = HOSTS): string {
  const sha = lab.commit(changes, subject);
  for (const n of hosts) lab.host(n).run(['systemctl', 'reload', 'holdfast']);
  return sha;
}

const changesOf = (attempts: readonly Attempt[]): Changes =>
  Object.fromEntries(
    attempts.flatMap(({ bad, place }) => [
      ...Object.entries(bad.files),
      ...LAYERS_AT[place].map((layer) => [layer, bad.layer] as const),
    ]),
  );

/** `null`: nothing of it is for this host. */
function expectedOn(n: number, attempts: readonly Attempt[]): Expected | null {
  const attempt = attempts.find(({ place }) => HOSTS_AT[place].includes(n));
  return attempt === undefined ? null : attempt.bad.ends(n, attempt.place);
}

const isKept = ({ lastChange, commit }: HostStatus, sha: string): boolean =>
  commit?.sha === sha && lastChange?.commit?.sha === sha;

/** A commit that was taken back is refused from the next cycle on, and so stands in both places. */
const untilEnded = (host: Host, sha: string, expected: Expected | null): Promise<HostStatus> =>
  untilReported(
    host,
    `to have judged ${sha.slice(0, 12)}${expected === null ? '' : ` (${expected.end})`}`,
    ({ outcome, commit, refused, lastChange, source }) =>
      source.head === sha &&
      (expected?.end === 'refused' || lastChange?.commit?.sha === sha || expected === null) &&
      (outcome === 'refused' ? refused?.commit?.sha : outcome === 'in desired state' ? commit?.sha : null) ===
        sha,
  );

function judge(host: Host, sha: string, expected: Expected | null, status: HostStatus, cursor: string): void {
  if (expected === null) {
    expect(status).toMatchObject({ outcome: 'in desired state', refused: null, commit: { sha } });
    expect(status.lastChange?.commit?.sha).not.toBe(sha);
  } else if (expected.end === 'refused') saidToBeRefused(host, sha, expected.seen, status, cursor);
  else if (expected.end === 'kept' || (expected.end === 'rolled back or kept' && isKept(status, sha)))
    expect(status.lastChange).toMatchObject({ end: 'committed', failure: null, quarantined: false });
  else saidToBeTakenBack(host, sha, expected.seen, status, cursor);
}

/** The MASTER holds it, alone, and another host gets an answer there. */
export async function vipIsBack(): Promise<void> {
  await waitFor(
    'host 1 alone to hold the virtual IP',
    () => lab.owners().join(),
    30_000,
    (owners) => owners === '1',
  );
  const ask = [
    'curl',
    '-sS',
    '-m',
    '2',
    '--cacert',
    '/etc/kubernetes/pki/ca.crt',
    'https://10.1.233.1:6443/healthz',
  ];
  await waitFor(
    'the virtual IP to answer',
    () => lab.host(2).run(ask).stdout,
    30_000,
    (body) => body === 'ok',
  );
}
