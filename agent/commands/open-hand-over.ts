import type { Host } from '../host/host.ts';
import type { HandOverTools } from '../transaction/hand-over-tools.ts';
import type { Environment } from './environment.ts';

/** What giving the virtual IP away works with. `null`: an image at rest. */
export function openHandOverTools(
  host: Host,
  { machine, log }: Pick<Environment, 'machine' | 'log'>,
): HandOverTools | null {
  if (host.live === null) return null;
  let last: Promise<unknown> = Promise.resolve();
  return {
    port: machine.openHandOver(),
    probes: () => machine.openProbes(host, null),
    addresses: () => machine.readIdentity().addresses,
    time: { clock: machine.clock, sleep: (ms, signal) => machine.sleep(ms, signal) },
    log,
    alone: (act) => {
      const next = last.then(act, act);
      last = next.catch(() => undefined);
      return next;
    },
  };
}
