import { expect, test } from 'vitest';
import type { Candidate } from '../../../agent/desired/candidate.ts';
import { describeChanges, formatPlan } from '../../../agent/plan/format-plan.ts';
import { plan, type Known } from '../../../agent/plan/plan.ts';
import { KINDS } from '../../../agent/resources/index.ts';
import { runSteps } from '../../../agent/transaction/run-steps.ts';
import * as desired from '../../support/desired.ts';
import { FakeHost } from '../../support/fake-host.ts';

/** Plans as an operator reads them. */

const { candidate, file, sysctl, unit, pkg, reload, UNKNOWN } = desired;
const planned = (host: FakeHost, of: Candidate, known: Known = UNKNOWN, atRest = false) =>
  plan(of, known, KINDS, host.host(atRest));
async function prose(host: FakeHost, of: Candidate, known: Known = UNKNOWN, atRest = false): Promise<string> {
  const made = await planned(host, of, known, atRest);
  return formatPlan(
    made,
    describeChanges(made, KINDS, (blob) => host.blobs.text(blob)),
  );
}
/** Carries a plan out, and says what is known afterwards. */
async function apply(host: FakeHost, of: Candidate, known: Known = UNKNOWN): Promise<Known> {
  const made = await planned(host, of, known);
  await runSteps(made.steps, KINDS, host.host(), async () => {});
  return desired.knownAfter(of, new Map([...known.inventory, ...made.adopts]));
}

/** A node set up by hand as the lesson says. */
function lesson(): FakeHost {
  const host = new FakeHost();
  host.put('/usr/sbin/haproxy', 'ELF', 0o755);
  host.put('/etc/haproxy/haproxy.cfg', 'global\n    maxconn 100\ndefaults\n    timeout client 50s\n');
  host.unit('haproxy.service', false, true, { reads: ['/etc/haproxy/haproxy.cfg'] });
  host.kernel.set('net/ipv4/ip_nonlocal_bind', '0');
  host.packages.add('haproxy');
  return host;
}
const wanted = (host: FakeHost) => [
  pkg('haproxy'),
  file(host, '/etc/haproxy/haproxy.cfg', 'global\n    maxconn 100\ndefaults\n    timeout client 1h\n', {
    notify: [reload('haproxy.service')],
    validate: [['haproxy', '-c', '-f', '{file}']],
  }),
  sysctl('net.ipv4.ip_nonlocal_bind', '1'),
  unit('haproxy.service', { enabled: true, running: true }, { requires: ['file[/etc/haproxy/haproxy.cfg]'] }),
];

test('a node that was set up by hand is taken over: what differs is changed, and HAProxy is reloaded, not restarted', async () => {
  const host = lesson();
  expect(await prose(host, candidate(host, 1, wanted(host)))).toBe(
    `kubernetes-node-1 (MASTER, priority 100) at commit 111111111111 "change 1": 3 changes

file[/etc/haproxy/haproxy.cfg]: content
    @@ -1,4 +1,4 @@
     global
         maxconn 100
     defaults
    -    timeout client 50s
    +    timeout client 1h

sysctl[net.ipv4.ip_nonlocal_bind]: 0 → 1, set at boot

unit[haproxy.service]: enabled at boot

then: systemctl reload haproxy.service
`,
  );
});

test('a host in its desired state has nothing to do', async () => {
  const host = lesson();
  const of = candidate(host, 1, wanted(host));
  const known = await apply(host, of);
  expect(await prose(host, of, known)).toBe(
    'kubernetes-node-1 (MASTER, priority 100) at commit 111111111111 "change 1": nothing to do\n',
  );
});

test('what moved by itself is drift; what a commit asks for is not', async () => {
  const host = lesson();
  const known = await apply(host, candidate(host, 1, wanted(host)));
  const cfg = host.files.get('/etc/haproxy/haproxy.cfg')!;
  host.files.set('/etc/haproxy/haproxy.cfg', { ...cfg, mode: 0o600, owner: 'haproxy' });
  host.kernel.set('net/ipv4/ip_nonlocal_bind', '0');
  const next = [...wanted(host), file(host, '/etc/motd', 'Hello\n')];
  expect(await prose(host, candidate(host, 2, next), known)).toBe(
    `kubernetes-node-1 (MASTER, priority 100) at commit 222222222222 "change 2": 3 changes

file[/etc/haproxy/haproxy.cfg]: mode 0600 → 0644, owner haproxy → root (drift)

sysctl[net.ipv4.ip_nonlocal_bind]: 0 → 1 (drift)

file[/etc/motd]: new, mode 0644, root:root
    @@ -0,0 +1,1 @@
    +Hello

then: systemctl reload haproxy.service
`,
  );
});

test('what is no longer desired goes back to what was first seen, although it was changed twice since', async () => {
  const host = lesson();
  const known = await apply(host, candidate(host, 1, wanted(host)));
  host.put('/etc/haproxy/haproxy.cfg', 'edited by hand\n');
  const rest = wanted(host).filter(({ id }) => !/haproxy/.test(id));
  expect(await prose(host, candidate(host, 2, rest), known)).toBe(
    `kubernetes-node-1 (MASTER, priority 100) at commit 222222222222 "change 2": 2 changes

file[/etc/haproxy/haproxy.cfg]: content (no longer desired: put back as first seen)
    @@ -1,1 +1,4 @@
    -edited by hand
    +global
    +    maxconn 100
    +defaults
    +    timeout client 50s

unit[haproxy.service]: disabled at boot (no longer desired: put back as first seen)

then: systemctl reload haproxy.service
`,
  );
});

test('before kubeadm has run, what needs ca.crt waits with what requires it, and the rest goes on', async () => {
  const host = lesson();
  const resources = wanted(host).map((one) =>
    one.id.startsWith('file') ? { ...one, waitFor: ['/etc/kubernetes/pki/ca.crt'] } : one,
  );
  expect(await prose(host, candidate(host, 1, resources))).toBe(
    `kubernetes-node-1 (MASTER, priority 100) at commit 111111111111 "change 1": 1 change

sysctl[net.ipv4.ip_nonlocal_bind]: 0 → 1, set at boot

waiting:
  file[/etc/haproxy/haproxy.cfg]: waits for /etc/kubernetes/pki/ca.crt, which does not exist yet
  unit[haproxy.service]: waits for file[/etc/haproxy/haproxy.cfg]
`,
  );
});

test('packages come first, and nothing is adopted as they have not brought it yet', async () => {
  const host = new FakeHost();
  host.kernel.set('net/ipv4/ip_nonlocal_bind', '0');
  const of = candidate(host, 1, wanted(host));
  expect(await prose(host, of)).toBe(
    `kubernetes-node-1 (MASTER, priority 100) at commit 111111111111 "change 1": 1 change

package[haproxy]: installed

Packages come first; what needs them is planned when they are there.

waiting:
  file[/etc/haproxy/haproxy.cfg]: waits for "haproxy", which checks it and is not installed
  unit[haproxy.service]: systemd knows no such unit (is its package installed?)
`,
  );
  expect([...(await planned(host, of)).adopts.keys()]).toEqual(['package[haproxy]']);
});

test('the content of a secret is not shown, neither the new one nor the one that was there', async () => {
  const host = new FakeHost().put('/etc/keepalived/keepalived.conf', 'auth_pass old-one\n');
  const secret = file(host, '/etc/keepalived/keepalived.conf', 'auth_pass new-one\n', {
    secret: true,
    mode: 0o600,
  });
  expect(await prose(host, candidate(host, 1, [secret]))).toBe(
    `kubernetes-node-1 (MASTER, priority 100) at commit 111111111111 "change 1": 1 change

file[/etc/keepalived/keepalived.conf]: content (secret), mode 0644 → 0600
`,
  );
});

test('a file that is no longer secret does not show the secret that it takes away', async () => {
  const host = new FakeHost();
  const secret = file(host, '/etc/k.conf', 'auth_pass hunter2\n', { secret: true });
  const known = await apply(host, candidate(host, 1, [secret]));
  const open = candidate(host, 2, [file(host, '/etc/k.conf', 'nothing\n')]);
  expect(await prose(host, open, known)).not.toContain('hunter2');
  const later = await apply(host, open, known);
  expect(await prose(host, candidate(host, 3, [sysctl('a.b', '1')]), later)).not.toContain('hunter2');
});

test('what cannot be done is named, and the others are planned', async () => {
  const host = new FakeHost().unit('a.service', false, false, { fileState: 'static' });
  host.makeFolders('/etc/motd');
  const resources = [
    file(host, '/etc/motd', 'x'),
    unit('a.service', { enabled: true }),
    file(host, '/etc/issue', 'x', { requires: ['file[/etc/motd]'] }),
    file(host, '/etc/other', 'y'),
  ];
  expect(await prose(host, candidate(host, { directory: '/srv/state' }, resources))).toBe(
    `kubernetes-node-1 (MASTER, priority 100) at /srv/state: 1 change

file[/etc/other]: new, mode 0644, root:root
    @@ -0,0 +1,1 @@
    +y
    \\ No newline at end of file

waiting:
  file[/etc/issue]: waits for file[/etc/motd], which is refused

cannot be done:
  file[/etc/motd]: /etc/motd is a directory, and Holdfast manages only regular files.
  unit[a.service]: it cannot be enabled or disabled: its unit file has no [Install] section. Leave out "enabled".
`,
  );
});

test('an image at rest gets its files; what runs waits for the first boot', async () => {
  const host = lesson();
  const resources = wanted(host).filter(({ id }) => !id.startsWith('file'));
  expect(await prose(host, candidate(host, 1, resources), UNKNOWN, true)).toBe(
    `kubernetes-node-1 (MASTER, priority 100) at commit 111111111111 "change 1": 1 change

sysctl[net.ipv4.ip_nonlocal_bind]: set at boot

waiting:
  package[haproxy]: it needs a running system, and waits for the first boot
  unit[haproxy.service]: it needs a running system, and waits for the first boot
`,
  );
});
