import { join } from 'node:path';

/** Where things are on a host; all of them below `--root DIR` for an image at rest. */
export type Places = {
  readonly config: string;
  /** The private key for secrets, unless agent.yaml names another one. */
  readonly identity: string;
  readonly state: string;
  readonly runtime: string;
  readonly lock: string;
  readonly daemonLock: string;
};

export function placesUnder(root: string | undefined, config: string | undefined): Places {
  const under = (path: string): string => (root === undefined ? path : join(root, path));
  return {
    config: config ?? under('/etc/holdfast/agent.yaml'),
    identity: under('/etc/holdfast/age.key'),
    state: under('/var/lib/holdfast'),
    runtime: under('/run/holdfast/agent'),
    lock: under('/run/holdfast/lock'),
    daemonLock: under('/run/holdfast/daemon.lock'),
  };
}
