import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BAD } from '../support/bad-changes.ts';
import { allAt, messages, reportOf, untilReported } from '../support/cluster.ts';
import { HOSTS, lab, waitFor } from '../support/lab.ts';
import {
  expectTheEndOfTheLesson,
  healthz,
  kubeadmWrites,
  listening,
  manifestPutRight,
  theirs,
  withBindAddress,
  type Theirs,
} from '../support/lesson-checks.ts';
import { MANIFEST, readyAgain, THREE, WITH_LABEL } from '../support/slow.ts';
import { pushed } from '../support/try-out.ts';
import { allAtOnce, asCommitted, orderOf, rollout, TURNS, TURNS_MS } from '../support/turns.ts';

/** From three hosts as the lesson finds them to its end, by one commit. */

let found: readonly Theirs[];
let base: string;

beforeAll(async () => {
  base = lab.head();
  for (const n of HOSTS) lab.host(n).fresh({ bare: true });
  for (const n of HOSTS) lab.host(n).kubeadm();
  for (const n of HOSTS)
    await waitFor(
      `the API server of host ${n} to listen on all addresses`,
      () => `${listening(lab.host(n)).join()} ${healthz(lab.host(n), lab.host(n).address)}`,
      120_000, // a real one needs some
      (seen) => seen === '*:6443 ok',
    );
  found = HOSTS.map((n) => theirs(lab.host(n)));
});
afterAll(async () => {
  await asCommitted(base);
  await allAtOnce();
});

describe('three hosts as the lesson finds them', () => {
  it('are brought to its end by one commit, one API server at a time, and every check that it makes by hand is well', async () => {
    const sha = lab.commit(rollout(TURNS), 'The cluster as the lesson leaves it');
    for (const n of HOSTS) lab.host(n).start();
    await allAt(sha, HOSTS, TURNS_MS);
    expect(orderOf(sha)).toEqual([3, 2, 1]);
    await expectTheEndOfTheLesson(found);
  });

  it('and so they are when each has been rebooted', async () => {
    for (const n of HOSTS) {
      lab.host(n).reboot();
      await allAt(lab.head(), [n], TURNS_MS);
    }
    await expectTheEndOfTheLesson(found);
  });

  it('let kubectl in through the virtual IP, on a real control plane (LAB_APISERVER)', ({ skip }) => {
    skip(!lab.real, 'LAB_APISERVER is not given');
    for (const n of HOSTS) {
      const kubectl = ['kubectl', '--kubeconfig', '/etc/kubernetes/admin.conf', 'get', '--raw', '/readyz'];
      expect(lab.host(n).run(kubectl).stdout, lab.host(n).name).toBe('ok');
    }
  });

  it('keep the keys in the kubeconfigs to themselves', () => {
    const key = /client-key-data: (\S+)/.exec(THREE.read('/etc/kubernetes/admin.conf'))![1]!;
    const said = THREE.shell(
      'journalctl -b --no-pager; holdfast why; holdfast history; cd /var/lib/holdfast; grep -rh . --exclude-dir=repository . | tr -d "\\\\\\n"',
    ).stdout;
    expect(said).toContain('admin.conf');
    expect(said).not.toContain(key);
  });
});

describe('what "kubeadm upgrade" writes', () => {
  const upgraded = (n: number): string =>
    found[n - 1]![MANIFEST]!.text.replace('v1.31.5', 'v1.32.0').replace(
      '    - --allow-privileged=true\n',
      '',
    );

  it.each([3, 1])('on host %i is put right as drift, and all else of it stays', async (n) => {
    const host = lab.host(n);
    const cursor = host.cursor();
    kubeadmWrites(host, upgraded(n));
    host.run(['systemctl', 'reload', 'holdfast']);
    await manifestPutRight(host);
    expect(host.read(MANIFEST)).toBe(withBindAddress(upgraded(n), host));
    expect(messages(host.journal(cursor)).join('\n')).toContain(
      `drift put right: yaml[${MANIFEST}]: spec.containers[name=kube-apiserver].command[--bind-address] added`,
    );
    await waitFor(
      'its API server to be back',
      () => listening(host).join(),
      30_000,
      (at) => at.includes(host.address),
    );
  });
});

it('an edit that is taken back gives every byte back', async () => {
  const before = THREE.read(MANIFEST);
  const { layer, files } = BAD.DEAD_PORT;
  const sha = pushed(
    { ...files, 'hosts/kubernetes-node-3.yaml': layer + WITH_LABEL },
    'A label, and a dead port',
  );
  await untilReported(
    THREE,
    'to have taken it back',
    ({ outcome, lastChange }) => outcome === 'refused' && lastChange?.commit?.sha === sha,
    TURNS_MS,
  );
  expect(reportOf(THREE).lastChange).toMatchObject({ end: 'rolled back' });
  expect(reportOf(THREE).lastChange!.changes.map(({ id }) => id)).toContain(`yaml[${MANIFEST}]`);
  expect(THREE.read(MANIFEST)).toBe(before);
  await readyAgain();
  lab.git('revert', '--no-edit', 'HEAD');
  await allAt(pushed({}, ''), HOSTS, TURNS_MS);
});
