import { rmSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { notAsBeforeInstallation } from '../support/as-found.ts';
import { allAt, CYCLES_MS, statusOf } from '../support/cluster.ts';
import {
  committed,
  committedAsAt,
  deadServers,
  endsOf,
  haproxyWith,
  lastEntry,
  property,
  untilReport,
  untilVerifying,
} from '../support/interrupted.ts';
import { lab, waitFor } from '../support/lab.ts';
import {
  buildPackages,
  dpkg,
  dpkgStatus,
  fileOf,
  NEWER,
  PREVIOUS,
  withPackagesAtHand,
} from '../support/packages.ts';
import { vipIsBack } from '../support/try-out.ts';

/** The long form of test/lab/80-deb.test.ts: whatever dpkg is about, the power goes, or it is killed. */

const host = lab.host(3);
let packages: string;
let bare: string;
let head: string;

beforeAll(() => {
  packages = buildPackages();
  head = lab.head();
}, 300_000);
beforeEach(async () => {
  bare = withPackagesAtHand(host, packages);
  dpkg(host, '--install', fileOf(PREVIOUS));
  host.start();
  await allAt(lab.head(), [3]);
  host.sync();
}, 300_000);
afterEach(() => {
  if (lab.head() !== head) committedAsAt(head, []);
});
afterAll(async () => {
  rmSync(packages, { recursive: true });
  host.fresh();
  host.start();
  await allAt(lab.head());
}, 300_000);

/** `killed`: dpkg and what it has started, and nothing else. */
type How = 'cut' | 'cutPower' | 'killed';

/** After a boot what is unwell has five minutes to become well: an API server that starts, a network that comes. */
const AFTER_A_BOOT_MS = 420_000;

const CGROUP = '/sys/fs/cgroup/system.slice/dpkg.service';

/** dpkg is at it, and stands still from the moment on in which a line for the host's shell comes true; then it ends. */
function endedDuring(how: How, moment: string, ...words: readonly string[]): void {
  host.run(['systemd-run', '--quiet', '--collect', '--unit=dpkg', 'dpkg', ...words]);
  const isThere = `test -d ${CGROUP}`;
  const stands = `${isThere} && echo 1 >${CGROUP}/cgroup.freeze || ! ${isThere}`;
  host.shell(`until { ${moment}; } >/dev/null 2>&1; do ${isThere} || exit 1; done; ${stands}`, {
    timeoutMs: 300_000,
  });
  if (how === 'killed') host.shell(`${isThere} && echo 1 >${CGROUP}/cgroup.kill || ! ${isThere}`);
  else {
    host[how]();
    host.boot();
  }
}

const statusIs = (is: string): string => `test "$(dpkg-query -Wf '\${db:Status-Status}' holdfast)" = ${is}`;

const both = (): string =>
  ['keepalived', 'haproxy'].map((unit) => property(host, unit, 'ActiveState')).join(' ');
const bothRun = (): Promise<unknown> =>
  waitFor('both daemons to run', both, CYCLES_MS, (now) => now === 'active active');

describe.each(['killed', 'cut', 'cutPower'] as const)('an upgrade during which it is %s', (how) => {
  const CHANGES = [
    ['a good change', 'committed', (old: string) => `${old}# Good.\n`],
    ['a bad change', 'rolled back', deadServers],
  ] as const;
  const MOMENTS = [
    ['is being unpacked', 'set -- /usr/lib/holdfast/*.dpkg-new && test -e "$1"'],
    [
      'is unpacked and not configured',
      `case $(dpkg-query -Wf '\${Version} \${db:Status-Status}' holdfast) in '${NEWER} unpacked' | '${NEWER} half-configured') ;; *) false ;; esac`,
    ],
  ] as const;

  it.each(MOMENTS.flatMap((moment, n) => [[...moment, ...CHANGES[n]!] as const]))(
    'and the package %s: what was being judged comes to its end, and dpkg to its own',
    async (_when, moment, _what, ends, change) => {
      const sha = committed(haproxyWith(host, change), `A change that is ${ends}`, [host]);
      await untilVerifying(host);
      host.sync();
      endedDuring(how, moment, '--install', fileOf(NEWER));
      await bothRun();
      await untilReport(host, 'nothing open', () => lastEntry(host) === null, AFTER_A_BOOT_MS);
      expect(endsOf(host, sha)).toEqual([ends]);
      await vipIsBack();
      // Of what was half unpacked dpkg wants to be given the file again.
      if (dpkgStatus(host) === 'half-installed') dpkg(host, '--install', fileOf(NEWER));
      dpkg(host, '--configure', '--pending');
      if (dpkgStatus(host) === 'installed') dpkg(host, '--install', fileOf(NEWER));
      expect(host.run(['dpkg', '--audit']).stdout).toBe('');
      expect(host.run(['holdfast', '--version']).stdout.trim()).toBe(NEWER);
      await untilReport(host, 'that the newer one runs', ({ atMs }) => atMs > 0 && runs() === NEWER);
      await vipIsBack();
    },
  );
});

/** Which release the agent is, by its own word. */
const runs = (): string =>
  (JSON.parse(host.read('/run/holdfast/agent/status.json')) as { readonly release: string }).release;

describe.each(['killed', 'cut', 'cutPower'] as const)('a removal during which it is %s', (how) => {
  it.each([
    ['while a change is being judged', statusIs('half-configured'), true],
    ['when the program is put aside', 'test -d /var/lib/holdfast/program.new', false],
    ['when the files go', '! test -e /usr/lib/holdfast/holdfast.cjs', false],
    ['when all is done', `! test -d ${CGROUP}`, false],
  ] as const)(
    '%s: ends when it is given again, leaves the cluster running, and can be purged',
    async (_when, moment, isJudging) => {
      if (isJudging) {
        committed(
          haproxyWith(host, (old) => `${old}# Good.\n`),
          'A change to remove in',
          [host],
        );
        await untilVerifying(host);
      }
      host.sync();
      endedDuring(how, moment, '--remove', 'holdfast');
      await bothRun();
      dpkg(host, '--configure', '--pending');
      dpkg(host, '--remove', 'holdfast');
      expect(dpkgStatus(host)).toBe('config-files');
      expect(lastEntry(host)).toBeNull();
      expect(host.exists('/usr/lib/holdfast')).toBe(false);
      host.reboot();
      await bothRun();
      await vipIsBack();
      dpkg(host, '--purge', 'holdfast');
      expect(notAsBeforeInstallation(bare, host)).toEqual([]);
    },
  );
});

describe.each(['killed', 'cut', 'cutPower'] as const)('a purge during which it is %s', (how) => {
  it.each([
    ['when the release begins', 'test -e /var/lib/holdfast/journal'],
    ['when the firewall is down', 'grep -q ENABLED=no /etc/ufw/ufw.conf'],
    ['when the release is judged', `grep -q '"t":"live"' /var/lib/holdfast/journal`],
    ['when the ledger is gone', '! test -e /var/lib/holdfast/ledger.json'],
    ['when the state is gone', '! test -e /var/lib/holdfast'],
    ['when the configuration is gone', '! test -e /etc/holdfast'],
  ])('%s: puts the host back when it is given again', async (_when, moment) => {
    endedDuring(how, moment, '--purge', 'holdfast');
    await vipIsBack();
    dpkg(host, '--configure', '--pending');
    dpkg(host, '--purge', 'holdfast');
    expect(dpkgStatus(host)).toBe('');
    expect(host.run(['dpkg', '--audit']).stdout).toBe('');
    expect(notAsBeforeInstallation(bare, host)).toEqual([]);
    expect(statusOf(lab.host(1)).outcome).toBe('in desired state');
  });
});
