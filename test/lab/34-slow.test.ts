import { afterEach, beforeAll, expect, it } from 'vitest';
import { allAt, differences, messages, picture, probed, reportOf } from '../support/cluster.ts';
import { HOSTS, lab, waitFor, type Host } from '../support/lab.ts';
import { saidToBeTakenBack } from '../support/said.ts';
import { pushed, vipIsBack } from '../support/try-out.ts';

/**
 * What takes its time, with the settings as they are. A manifest of the API server is a file here; kubelet (a stand-in)
 * stops the old API server and starts a new one.
 */
const MANIFEST = '/etc/kubernetes/manifests/kube-apiserver.yaml';
const LAYER = 'hosts/kubernetes-node-3.yaml';
const THREE = lab.host(3);
/** Until there is an end, on a machine that is busy. */
const END_MS = 180_000;
/** Five minutes until nobody waits for an API server any more, and the way back. */
const NEVER_MS = 300_000 + END_MS;

/** The manifest of the host, changed, as a file of its own in the state repository. */
function withManifest(change: (old: string) => string): string {
  const old = THREE.read(MANIFEST);
  const content = change(old);
  expect(content).not.toBe(old);
  return `files:
  ${MANIFEST}: { content: ${JSON.stringify(content)}, mode: "0600", header: false }
`;
}
const withLabel = (old: string): string => old.replace('  labels:\n', '  labels:\n    changed: "yes"\n');

/** As with --shutdown-delay-duration: what is under way ends well, and HAProxy sees in time that it goes. */
const DRAINING = { drainSeconds: 5 };

/** Of the API server that answers on this host. */
const pidOf = (host: Host): string =>
  /pid=(\d+)/.exec(host.shell(`ss -H -ltnp 'src ${host.address}:6443'`).stdout)?.[1] ?? 'nobody';
const readyz = (host: Host): string =>
  host.shell(
    `curl -sS -m 2 --cacert /etc/kubernetes/pki/ca.crt https://${host.address}:6443/readyz || echo no answer`,
  ).stdout;

const isAt = (sha: string): Promise<unknown> => allAt(sha, HOSTS, END_MS);

beforeAll(async () => {
  await allAt(lab.head(), HOSTS, END_MS);
  await vipIsBack();
});

afterEach(async () => {
  THREE.apiServer({});
  await isAt(pushed({ [LAYER]: '{}\n' }, 'As before'));
  await waitFor(
    'the API server of host 3 to be ready',
    () => readyz(THREE),
    60_000,
    (body) => body === 'ok',
  );
});

it('an API server that takes 45 s to start is waited for, and nobody at the virtual IP notices', async () => {
  const before = pidOf(THREE);
  THREE.apiServer({ startSeconds: 45, ...DRAINING });
  const { failures, reasons } = await probed(async () => {
    const sha = pushed({ [LAYER]: withManifest(withLabel) }, 'A label for an API server that starts slowly');
    await waitFor(
      'host 3 to wait for its API server',
      () => THREE.run(['holdfast', 'status']).stdout,
      END_MS,
      (text) => text.includes('verifying: waiting until kube-apiserver runs with the change'),
    );
    await isAt(sha);
    expect(reportOf(THREE).lastChange).toMatchObject({ end: 'committed', failure: null, note: null });
    expect(reportOf(THREE).lastChange!.commit!.sha).toBe(sha);
  });
  expect({ failures, reasons }).toEqual({ failures: 0, reasons: {} });
  // It is not enough that somebody answers: it is the new one.
  expect(readyz(THREE)).toBe('ok');
  expect(pidOf(THREE)).not.toBe(before);
});

it(
  'an API server that never comes is taken back, and the one from before runs again',
  async () => {
    const before = picture(THREE);
    const cursor = THREE.cursor();
    THREE.apiServer(DRAINING);
    const content = withManifest((old) => old.replace('pki/apiserver.crt', 'pki/no-such-file.crt'));
    const { failures, reasons } = await probed(async () => {
      const sha = pushed({ [LAYER]: content }, 'A certificate that is not there');
      const status = await waitFor(
        'host 3 to take it back',
        () => reportOf(THREE),
        NEVER_MS,
        ({ outcome, refused }) => outcome === 'refused' && refused?.commit?.sha === sha,
      );
      saidToBeTakenBack(
        THREE,
        sha,
        /live\[kube-apiserver\]: not within 300 s: no API server listens on 10\.1\.1\.3:6443/,
        status,
        cursor,
      );
    });
    expect(differences(before, picture(THREE))).toEqual([]);
    await waitFor(
      'the API server from before to be ready',
      () => readyz(THREE),
      60_000,
      (body) => body === 'ok',
    );
    expect({ failures, reasons }).toEqual({ failures: 0, reasons: {} });
  },
  NEVER_MS + END_MS,
);

it('a unit that takes 40 s to stop is waited for, and committed', async () => {
  const unit = (word: string): string => `files:
  /etc/systemd/system/slow.service:
    content: "[Service]\\nExecStart=/bin/sleep infinity\\nExecStop=/bin/sleep 40\\n[Install]\\nWantedBy=multi-user.target\\n"
    header: false
  /etc/slow.conf: { content: "${word}\\n", notify: { restart: slow.service } }
units: { slow.service: { enabled: true, running: true } }
`;
  await isAt(pushed({ [LAYER]: unit('one') }, 'A unit that stops slowly'));
  const invocation = (): string =>
    THREE.run(['systemctl', 'show', '-p', 'InvocationID,ActiveState', 'slow.service']).stdout;
  const before = invocation();
  const cursor = THREE.cursor();
  const sha = pushed({ [LAYER]: unit('two') }, 'Its configuration');
  await isAt(sha);
  expect(reportOf(THREE).lastChange).toMatchObject({ end: 'committed', failure: null, commit: { sha } });
  expect(invocation()).not.toBe(before);
  expect(invocation()).toContain('ActiveState=active');
  expect(messages(THREE.journal(cursor)).join('\n')).toContain('systemctl restart slow.service');
});
