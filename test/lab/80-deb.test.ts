import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { notAsBeforeInstallation } from '../support/as-found.ts';
import { allAt, CYCLES_MS, messages, probed, statusOf } from '../support/cluster.ts';
import { committed, haproxyWith } from '../support/interrupted.ts';
import { lab, waitFor } from '../support/lab.ts';
import { buildPackages, dpkg, fileOf, NEWER, PREVIOUS, withPackagesAtHand } from '../support/packages.ts';

/** The package's life on a host of a running cluster: installed, upgraded in the middle of a change, removed, purged. */

const host = lab.host(3);
const TOP = new URL('../..', import.meta.url).pathname;
const head = lab.head();
let packages: string;
let bare: string;

beforeAll(() => {
  packages = buildPackages();
  bare = withPackagesAtHand(host, packages);
}, 300_000);
afterAll(async () => {
  rmSync(packages, { recursive: true });
  lab.git('read-tree', '-u', '--reset', head);
  lab.commit({}, 'As it was before the package');
  host.fresh();
  host.start();
  await allAt(lab.head());
}, 300_000);

const property = (name: string, unit = 'holdfast'): string =>
  host.run(['systemctl', 'show', '-p', name, '--value', unit]).stdout.trim();

describe('the package', () => {
  it('is enabled when it is installed, and not started before it is configured', () => {
    const { stderr } = dpkg(host, '--install', fileOf(PREVIOUS));
    expect(stderr).toContain('Not configured yet: /etc/holdfast/agent.yaml is all comment still.');
    const enabled = ['holdfast', 'holdfast-recover', 'holdfast-agree'].map((unit) =>
      property('UnitFileState', `${unit}.service`),
    );
    expect(enabled).toEqual(['enabled', 'enabled', 'enabled']);
    host.run(['systemctl', 'start', 'holdfast']);
    expect([property('ActiveState'), property('Result')]).toEqual(['inactive', 'exec-condition']);
    expect(messages(host.journal()).join('\n')).toContain('Not configured yet');
    expect(host.run(['holdfast', 'plan'], { allowFail: true }).stderr).toContain(
      'this host is not configured yet',
    );
    expect(host.run(['holdfast', '--version']).stdout.trim()).toBe(PREVIOUS);
  });

  it('converges the host once it is', async () => {
    host.start();
    await allAt(head, [3]);
  });

  it('is upgraded while a change is being judged, and the change comes to its end first', async () => {
    const cursor = host.cursor();
    const sha = committed(
      haproxyWith(host, (old) => old.replace('inter 1s', 'inter 2s')),
      'A change to upgrade in',
      [host],
    );
    const open = (): { readonly phase?: string; readonly commit?: { readonly sha: string } | null } | null =>
      host.status()['open'] as ReturnType<typeof open>;
    await waitFor(
      'the change to be judged',
      open,
      CYCLES_MS,
      (now) => now?.phase === 'verifying' && now.commit?.sha === sha,
      100,
    );
    const pid = property('MainPID');
    dpkg(host, '--install', fileOf(NEWER));
    await waitFor(
      'the agent to be restarted',
      () => property('MainPID'),
      CYCLES_MS,
      (now) => now !== pid && now !== '0',
    );
    await allAt(sha, [3]);
    const said = messages(host.journal(cursor));
    const first = (text: string): number => said.findIndex((sentence) => sentence.includes(text));
    expect(first('Commit ')).toBeGreaterThan(-1);
    expect(first(`Stopping (SIGTERM)`)).toBeGreaterThan(
      first('"A change to upgrade in" by Lab: 1 change in '),
    );
    expect(first(`Holdfast ${NEWER} follows`)).toBeGreaterThan(first('Stopping'));
    expect(said.join('\n')).not.toMatch(/taken back|interrupted/);
  });

  it('leaves the cluster as it is when it is removed, also over a boot, and no first boot brings it back', async () => {
    const firstBoot = [
      readFileSync(join(TOP, 'systemd/holdfast-first-boot.service'), 'utf8'),
      'exec sleep infinity\n',
    ];
    host.run(['mkdir', '-p', '/var/lib/holdfast-first-boot']);
    host.write('/etc/systemd/system/holdfast-first-boot.service', firstBoot[0]!);
    host.write('/var/lib/holdfast-first-boot/bootstrap.sh', firstBoot[1]!);
    host.shell('systemctl daemon-reload && systemctl enable --now holdfast-first-boot');
    expect(property('ActiveState', 'holdfast-first-boot')).toBe('active');
    const { failures, reasons } = await probed(() => dpkg(host, '--remove', 'holdfast'));
    expect({ failures, reasons }).toEqual({ failures: 0, reasons: {} });
    expect(host.exists('/usr/lib/holdfast')).toBe(false);
    expect(property('ActiveState', 'holdfast-first-boot')).toBe('inactive');
    expect(host.shell('find /etc/systemd /var/lib -name "*first-boot*"').stdout).toBe('');
    const both = (): string =>
      ['keepalived', 'haproxy'].map((unit) => property('ActiveState', unit)).join(' ');
    expect(both()).toBe('active active');
    host.reboot();
    await waitFor('both daemons to run again', both, 30_000, (now) => now === 'active active');
    expect(host.read('/etc/keepalived/keepalived.conf')).toContain('10.1.233.1');
  });

  it('goes on where it was when it is installed again', async () => {
    dpkg(host, '--install', fileOf(NEWER));
    expect(host.exists('/etc/tmpfiles.d/holdfast.conf')).toBe(false);
    await waitFor(
      'a cycle to end',
      () => statusOf(host).outcome,
      CYCLES_MS,
      (outcome) => outcome === 'in desired state',
    );
  });

  it('still has all that a purge needs, and keepalived its address, when power is lost in the middle of one', async () => {
    host.sync();
    host.run(['systemd-run', '--quiet', '--collect', '--unit=purge', 'dpkg', '--purge', 'holdfast']);
    await waitFor(
      'the release to begin',
      () => host.exists('/var/lib/holdfast/journal'),
      CYCLES_MS,
      (begun) => begun,
      50,
    );
    host.cutPower();
    host.boot();
    expect(dpkg(host, '--configure', '--pending').stderr).toBe('');
    expect(host.exists('/var/lib/holdfast/program/program.cjs')).toBe(true);
    expect(host.exists('/run/holdfast')).toBe(true);
  });

  it('puts the host back as it was before Holdfast when it is purged again, and nothing of it is left', async () => {
    const { result, failures, reasons } = await probed(() => dpkg(host, '--purge', 'holdfast'));
    // What the first purge had done already may be what a healthy host keeps.
    expect(result.stdout).toMatch(
      /This host is as it was before Holdfast; packages stay\.|Nothing is managed on/,
    );
    expect({ failures, reasons }).toEqual({ failures: 0, reasons: {} });
    expect(notAsBeforeInstallation(bare, host)).toEqual([]);
    for (const path of ['/var/lib/holdfast', '/run/holdfast', '/var/cache/holdfast', '/etc/holdfast'])
      expect(host.exists(path), path).toBe(false);
    expect(host.run(['dpkg-query', '--list', 'holdfast'], { allowFail: true }).exitCode).toBe(1);
    expect(
      host.shell(
        'find / -xdev -name "*holdfast*" -not -path "/root/*" -not -path "/var/log/*" -not -path "/proc/*"',
      ).stdout,
    ).toBe('');
  });
});
