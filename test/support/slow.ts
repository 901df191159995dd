import { allAt } from './cluster.ts';
import { HOSTS, lab, waitFor, type Host } from './lab.ts';
import { pushed, vipIsBack } from './try-out.ts';

/**
 * What takes its time, with the settings as they are. Where the manifest of the API server changes, kubelet (a stand-in)
 * stops the old one and starts a new one.
 */
export const MANIFEST = '/etc/kubernetes/manifests/kube-apiserver.yaml';
export const LAYER = 'hosts/kubernetes-node-3.yaml';
export const THREE = lab.host(3);
/** Until there is an end, on a machine that is busy. */
export const END_MS = 180_000;
const LONG_MS = 400_000;

/** A layer that edits the manifest of its host. */
export const withEdit = (edit: string): string => `yaml:\n  ${MANIFEST}: { ${edit} }\n`;
export const WITH_LABEL = withEdit('set: { metadata.labels.changed: "yes" }');

/** As with --shutdown-delay-duration: what is under way ends well, and HAProxy sees in time that it goes. */
export const DRAINING = { drainSeconds: 5 };

/** HAProxy ends the connections that are open to a server when it gives it up: of 50 a second, not more than these. */
export const OPEN_THEN = 5;

/** Of the API server that answers on this host. */
export const pidOf = (host: Host): string =>
  /pid=(\d+)/.exec(host.shell(`ss -H -ltnp 'src ${host.address}:6443'`).stdout)?.[1] ?? 'nobody';
export const readyz = (host: Host): string =>
  host.shell(
    `curl -sS -m 2 --cacert /etc/kubernetes/pki/ca.crt https://${host.address}:6443/readyz || echo no answer`,
  ).stdout;

export const isAt = (sha: string): Promise<unknown> => allAt(sha, HOSTS, END_MS);

export async function slowBegins(): Promise<void> {
  await allAt(lab.head(), HOSTS, END_MS);
  await vipIsBack();
}

export async function slowEnds(): Promise<void> {
  THREE.apiServer({});
  await isAt(pushed({ [LAYER]: '{}\n' }, 'As before'));
  await readyAgain();
}

export const readyAgain = (host: Host = THREE): Promise<string> =>
  waitFor(
    `the API server of ${host.name} to be ready`,
    () => readyz(host),
    90_000,
    (body) => body === 'ok',
  );

/** How many API servers were down at one time while this went on, at most. */
export async function mostDownDuring(act: () => Promise<unknown>): Promise<number> {
  let [most, done] = [0, false];
  const watching = waitFor(
    'the end of it',
    () => {
      most = Math.max(most, HOSTS.filter((n) => readyz(lab.host(n)) !== 'ok').length);
      return done;
    },
    LONG_MS,
    (ended) => ended,
    200,
  );
  await act().finally(() => (done = true));
  await watching;
  return most;
}
