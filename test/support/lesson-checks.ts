import { expect } from 'vitest';
import { untilReported } from './cluster.ts';
import { HOSTS, lab, VIP, waitFor, type Host } from './lab.ts';
import { MANIFEST } from './slow.ts';
import { TURNS_MS } from './turns.ts';

/** The checks that the lesson has its reader make by hand, and what must be so that no check of its sees. */

export const KUBECONFIGS = ['/etc/kubernetes/admin.conf', '/root/.kube/config', '/home/pi/.kube/config'];

/** Files that others own, as they are; by path. */
export type Theirs = Readonly<Record<string, { readonly text: string; readonly who: string }>>;
export const theirs = (host: Host): Theirs =>
  Object.fromEntries(
    [MANIFEST, ...KUBECONFIGS].map((path) => {
      const who = host.run(['stat', '-c', '%a %u:%g', path]).stdout.trim();
      return [path, { text: host.read(path), who }];
    }),
  );

/** What the lesson does to them, line by line: nothing else may differ. */
export const asTheLessonEdits = (found: Theirs, host: Host): Theirs =>
  Object.fromEntries(
    Object.entries(found).map(([path, { text, who }]) => [
      path,
      {
        who,
        text:
          path === MANIFEST
            ? withBindAddress(text, host)
            : text.replace(/https:\/\/[\d.]+/, `https://${VIP}`),
      },
    ]),
  );

/** An argument that is not there comes behind the others. */
export const withBindAddress = (text: string, { address }: Host): string =>
  text.replace(/( +- --[^\n]+\n)(?! +- --)/, `$1    - --bind-address=${address}\n`);

export async function expectTheEndOfTheLesson(found: readonly Theirs[]): Promise<void> {
  await waitFor(
    'host 1 alone to hold the virtual IP',
    () => lab.owners().join(),
    60_000,
    (owners) => owners === '1',
  );
  for (const n of HOSTS) {
    const host = lab.host(n);
    expect(listening(host), `${host.name}: who listens on 6443`).toEqual([
      `${host.address}:6443`,
      `${VIP}:6443`,
    ]);
    for (const at of [host.address, VIP]) await answersOk(host, at);
    expect(host.run(['sysctl', '-n', 'net.ipv4.ip_forward', 'net.ipv4.ip_nonlocal_bind']).stdout).toBe(
      '1\n1\n',
    );
    expect(host.run(['systemctl', 'is-active', 'keepalived', 'haproxy']).stdout).toBe('active\nactive\n');
    expect(host.run(['systemctl', 'is-enabled', 'keepalived', 'haproxy']).stdout).toBe('enabled\nenabled\n');
    expect(lastState(host)).toBe(n === 1 ? 'MASTER' : 'BACKUP');
    expect(theirs(host)).toEqual(asTheLessonEdits(found[n - 1]!, host));
    // kubelet takes every file there whose name does not begin with a dot; and none is left behind with one.
    expect(host.run(['ls', '-A', '/etc/kubernetes/manifests']).stdout).toBe(
      `${lab.real ? 'etcd.yaml\n' : ''}kube-apiserver.yaml\n`,
    );
  }
}

/** As kubeadm does it: the whole file at once. */
export function kubeadmWrites(host: Host, text: string): void {
  host.write('/root/upgraded.yaml', text, '0600');
  host.run(['mv', '/root/upgraded.yaml', MANIFEST]);
}

export const manifestPutRight = (host: Host): Promise<unknown> =>
  untilReported(
    host,
    'to have put its manifest right',
    ({ outcome, lastDrift }) =>
      outcome === 'in desired state' &&
      (lastDrift?.changes.some(({ id }) => id === `yaml[${MANIFEST}]`) ?? false),
    TURNS_MS,
  );

/** netstat -tuln | grep 6443 */
export const listening = (host: Host): readonly string[] =>
  host
    .run(['ss', '-H', '-ltn', 'sport = :6443'])
    .stdout.split('\n')
    .flatMap((line) => line.split(/\s+/)[3] ?? [])
    .toSorted();

/** curl https://…:6443/healthz, but with the cluster's CA: -k hides what is wrong with a certificate. */
const answersOk = (host: Host, address: string): Promise<unknown> =>
  waitFor(
    `${host.name} to get an answer from ${address}`,
    () => healthz(host, address),
    30_000,
    (body) => body === 'ok',
  );
export const healthz = (host: Host, address: string): string =>
  host.run(
    ['curl', '-sS', '-m', '3', '--cacert', '/etc/kubernetes/pki/ca.crt', `https://${address}:6443/healthz`],
    { allowFail: true },
  ).stdout;

/** journalctl -u keepalived: the state that was entered last since the boot. */
const lastState = (host: Host): string | undefined =>
  [
    ...host
      .run(['journalctl', '-b', '-u', 'keepalived', '--no-pager', '-o', 'cat'])
      .stdout.matchAll(/Entering (\w+) STATE/g),
  ]
    .map(([, state]) => state)
    .at(-1);
