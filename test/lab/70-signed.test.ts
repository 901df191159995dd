import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  allAt,
  betweenCycles,
  CYCLES_MS,
  messages,
  nextCycle,
  picture,
  reportOf,
  untilReported,
  type HostStatus,
} from '../support/cluster.ts';
import { HOSTS, lab, waitFor, type Host } from '../support/lab.ts';
import { Keys, signWith, type Signing } from '../support/signing.ts';

/**
 * Hosts that ask for signatures, and commits that `git commit -S` signed with keys of ssh-keygen and gpg. What is
 * committed here changes nothing on a host, so that it is in force without a turn:
 *
 *   H---ada(ssh)---ada(openpgp)---x  x  x  x  x---bob---x(bob)---ada        x: refused on every host
 */

const keys = new Keys();
const [ada, bob, eve, old] = [keys.ssh('ada'), keys.ssh('bob'), keys.ssh('eve'), keys.ssh('old')];
const [pgpAda, pgpEve] = [keys.openpgp('ada'), keys.openpgp('eve')];
const [pgpOld, pgpGone] = [keys.openpgp('old', '20250101T000000'), keys.openpgp('gone')];

const ALLOWED = '/etc/holdfast/allowed_signers';
const REVOKED = '/etc/holdfast/revoked_signers';
const VERIFY = `verify:
  allowedSigners: ${ALLOWED}
  revocationFile: ${REVOKED}
  openpgpKeys: /etc/holdfast/openpgp
`;
const AGENT = '/etc/holdfast/agent.yaml';
const hosts = HOSTS.map((n) => lab.host(n));
const [host] = hosts as [Host, ...Host[]];
const unverified = host.read(AGENT);

/** One more commit, also in a lab that has some already; the name of it. */
function commit(signing: Signing | null, subject: string, options: { force?: boolean } = {}): string {
  signWith(lab.git, signing);
  return lab.commit({ 'notes.txt': (text) => `${text}${subject}\n` }, subject, options);
}

/** Who may sign, besides ada, who may always. */
function allow(...lines: readonly string[]): void {
  const text = [`ada@home namespaces="git" ${ada.publicKey}`, ...lines].join('\n');
  for (const one of hosts) one.write(ALLOWED, `${text}\n`);
}

function configure(one: Host, more: string): void {
  one.write(AGENT, `${unverified}${more}`, '0600');
  one.run(['systemctl', 'restart', 'holdfast']);
}

const untilRefused = (one: Host, sha: string, why: string): Promise<HostStatus> =>
  untilReported(
    one,
    `to refuse ${sha.slice(0, 12)}: ${why}`,
    ({ refused }) => refused?.commit?.sha === sha && refused.reasons.join('\n').includes(why),
  );

const refusals = (one: Host, cursor: string, sha: string): readonly string[] =>
  messages(
    one
      .journal(cursor)
      .filter((entry) => entry['HOLDFAST_EVENT'] === 'refused' && entry['HOLDFAST_COMMIT'] === sha),
  );

/** The next cycle says in the journal who accepted what. */
const untilJournal = (one: Host, cursor: string, text: string): Promise<string> =>
  waitFor(
    `the journal of ${one.name} to say: ${text}`,
    () => messages(one.journal(cursor)).join('\n'),
    CYCLES_MS,
    (journal) => journal.includes(text),
  );

beforeAll(async () => {
  await allAt(lab.head());
  for (const one of hosts) {
    one.write(REVOKED, `${eve.publicKey}\n`);
    one.write('/etc/holdfast/openpgp/ada.asc', pgpAda.exported());
    one.write('/etc/holdfast/openpgp/old.asc', pgpOld.exported());
  }
  allow(`eve@home ${eve.publicKey}`, `old@home valid-before="20200101" ${old.publicKey}`);
  for (const one of hosts) configure(one, VERIFY);
});

afterAll(async () => {
  signWith(lab.git, null);
  for (const one of hosts) configure(one, '');
  await allAt(commit(null, 'Nobody asks for signatures any more'));
}, 2 * CYCLES_MS);

describe('hosts that ask for signatures', () => {
  it('go on with what they had accepted, and follow what SSH and OpenPGP keys have signed', async () => {
    await allAt(lab.head());
    await allAt(commit(ada, 'Signed with SSH'));
    await allAt(commit(pgpAda, 'Signed with OpenPGP'));
  });

  it('refuse what nobody signed, once in the journal, in status and why, and put drift right meanwhile', async () => {
    const cursors = hosts.map((one) => one.cursor());
    const before = lab.head();
    const sha = commit(null, 'Nobody signed this');
    for (const one of hosts) await untilRefused(one, sha, 'it is not signed');
    betweenCycles(host, 'chmod 0666 /etc/haproxy/haproxy.cfg');
    await nextCycle(host);
    expect(host.run(['stat', '-c', '%a', '/etc/haproxy/haproxy.cfg']).stdout.trim()).toBe('644');
    for (const [at, one] of hosts.entries()) {
      expect(refusals(one, cursors[at]!, sha)).toEqual([
        expect.stringMatching(
          `^Commit ${sha.slice(0, 12)} "Nobody signed this" by Lab is refused .*; commit ${before.slice(0, 12)} stays in force\\.\nit is not signed`,
        ),
      ]);
      for (const verb of ['status', 'why'])
        expect(one.run(['holdfast', verb]).stdout).toContain('it is not signed');
    }
  });

  it('name the key that nobody knows, has expired, is revoked, or is somebody else’s', async () => {
    const stays = picture(host);
    const untilSaid = async (signing: Signing, subject: string, why: string): Promise<void> => {
      await untilRefused(host, commit(signing, subject), why);
    };
    await untilSaid(old, 'Out of its time', `the SSH key ${old.key} out of its time: ${ALLOWED}:3:`);
    await untilSaid(
      eve,
      'Revoked',
      `the SSH key ${eve.key} (eve@home), which is revoked: it is in ${REVOKED}`,
    );
    await untilSaid(
      pgpEve,
      'Unknown',
      `the OpenPGP key ${pgpEve.key}, which is not in /etc/holdfast/openpgp`,
    );
    await untilSaid(pgpOld, 'Expired', `the OpenPGP key ${pgpOld.key} (old <old@home>) out of its time`);
    const gone = commit(pgpGone, 'Revoked by its owner');
    pgpGone.revoke();
    host.write('/etc/holdfast/openpgp/gone.asc', pgpGone.exported());
    await untilRefused(
      host,
      gone,
      `the OpenPGP key ${pgpGone.key} (gone <gone@home>), which its owner has revoked`,
    );
    await untilSaid(bob, 'Not yet', `the SSH key ${bob.key}, which is not in ${ALLOWED}`);
    expect(picture(host)).toBe(stays);
  });

  it('follow a signer once he is let in, without a new commit, and no more once he is removed', async () => {
    const sha = lab.head();
    allow(`bob@home ${bob.publicKey}`);
    await allAt(sha);
    allow();
    const after = commit(bob, 'From one who left');
    for (const one of hosts) await untilRefused(one, after, `the SSH key ${bob.key}, which is not in`);
    for (const one of hosts) expect(reportOf(one).commit?.sha).toBe(sha);
    await allAt(commit(ada, 'And on'));
  });

  it('say what is missing where they cannot verify, and believe no file that others can write', async () => {
    host.run(['mv', '/usr/bin/gpg', '/usr/bin/gpg.away']);
    const unchecked = commit(pgpAda, 'Signed, and nobody can tell');
    await untilRefused(host, unchecked, 'gpg is not installed on this host');
    host.run(['mv', '/usr/bin/gpg.away', '/usr/bin/gpg']);
    await allAt(unchecked);
    host.shell(`chmod 0666 ${ALLOWED}`);
    const sha = commit(ada, 'Signed, but by whom');
    await untilRefused(host, sha, `${ALLOWED} can be changed by others than root`);
    host.shell(`chmod 0644 ${ALLOWED}`);
    await allAt(sha);
  });

  it('do not go back to an older commit, however well it is signed, unless somebody accepts it by name', async () => {
    const newest = lab.head();
    const older = lab.git('rev-parse', 'HEAD~1');
    const stays = picture(host);
    lab.git('reset', '--quiet', '--hard', older);
    lab.commit({}, 'again', { force: true });
    const said = (status: HostStatus): boolean =>
      !status.source.ok && /went back/.test(status.source.why ?? '');
    for (const one of hosts) await untilReported(one, 'to refuse to go back', said);
    expect([picture(host), reportOf(host).commit?.sha]).toEqual([stays, newest]);
    const cursor = host.cursor();
    for (const one of hosts) expect(one.run(['holdfast', 'accept', older]).stdout).toContain('is accepted');
    await allAt(older);
    await untilJournal(
      host,
      cursor,
      `has accepted commit ${older.slice(0, 12)} "Signed, and nobody can tell" by Lab by hand.`,
    );
  });

  it('that ask for every signature refuse a commit below a signed head, until somebody answers for it', async () => {
    configure(host, `${VERIFY}  mode: every\n`);
    const below = commit(null, 'Nobody signed this either');
    const head = commit(ada, 'Signed, on top of it');
    await untilRefused(
      host,
      head,
      `commit ${below.slice(0, 12)} "Nobody signed this either" by Lab, which comes with it,`,
    );
    await allAt(head, [2, 3]);
    const refused = host.run(['holdfast', 'accept', below], { allowFail: true });
    expect([refused.exitCode, refused.stderr]).toEqual([3, expect.stringContaining('--unsigned')]);
    const cursor = host.cursor();
    host.run(['holdfast', 'accept', below, '--unsigned']);
    await allAt(head, [1]);
    await untilJournal(host, cursor, 'by hand, although it is not signed');
    expect(host.journal(cursor).find((entry) => entry['HOLDFAST_EVENT'] === 'accepted')?.PRIORITY).toBe('4');
  });

  it('that have lost their state begin with a pinned or an accepted commit only', async () => {
    const head = lab.head();
    const [, pinning, accepting] = hosts as [Host, Host, Host];
    const stays = new Map([pinning, accepting].map((one) => [one, picture(one)]));
    for (const one of [pinning, accepting]) {
      one.run(['systemctl', 'stop', 'holdfast']);
      one.shell('rm -rf /var/lib/holdfast');
      one.run(['systemctl', 'start', 'holdfast']);
    }
    for (const one of [pinning, accepting]) {
      const { generation } = await untilRefused(one, head, 'this host has accepted no commit yet');
      expect([generation, picture(one)]).toEqual([0, stays.get(one)]);
    }
    configure(pinning, `${VERIFY}  commit: ${lab.git('rev-parse', 'HEAD~1')}\n`);
    accepting.run(['holdfast', 'accept', head]);
    await allAt(head);
  });
});
