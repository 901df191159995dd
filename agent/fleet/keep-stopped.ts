import type { Live, StateDirectory } from '../host/host.ts';
import type { NotNow, Plan } from '../plan/change.ts';
import { isInForce } from '../plan/change.ts';
import type { Log } from '../report/log.ts';
import type { Id } from '../resources/kind.ts';
import { dissent, type Agreement } from './agreement.ts';
import type { Sightings } from './sightings.ts';

/**
 * As long as this file is in the runtime directory, systemd does not start keepalived (its drop-in holdfast.conf), and
 * the agent does not want it started.
 */
export const DISSENTS = 'dissents';
const UNIT = 'keepalived.service';

export type KeepingStopped = {
  readonly runtime: StateDirectory;
  readonly agreement: Agreement;
  /** `null`: an image at rest. */
  readonly live: Live | null;
  readonly log: Log;
};

export const lift = (runtime: StateDirectory): Promise<void> => runtime.remove(DISSENTS);

export async function whyStopped(runtime: StateDirectory): Promise<string | null> {
  const bytes = await runtime.read(DISSENTS).catch(() => null);
  return bytes === null ? null : new TextDecoder().decode(bytes);
}

/** What is in force on this host, and who is there. */
export type Where = {
  readonly inForce: string | null;
  readonly me: string;
  readonly nodes: readonly string[];
  readonly sightings: Sightings;
};

/** Stops keepalived where this host disagrees with the majority. True: that has begun or ended, so a cycle is due. */
export async function heed(where: Where, keeping: KeepingStopped): Promise<boolean> {
  const { runtime, agreement, log } = keeping;
  const differing = where.inForce === null ? [] : await agreement.differing(where.inForce);
  const others = dissent(differing, where);
  const was = await whyStopped(runtime);
  if (others === null) {
    if (was === null) return false;
    await lift(runtime);
    log.info({
      event: 'agrees',
      sentence: 'No majority disagrees with this host any more: keepalived may run.',
    });
    return true;
  }
  if (was !== null) {
    // An agent that was killed in between has left it running, or somebody has started it past systemd's condition.
    await stop(keeping);
    return false;
  }
  const why = `${others.join(' and ')} have another virtual IP, password, VRID, interval, version, transport or unicast peers in force, and are more than half: two hosts would hold the address. It starts again when this host agrees with them: let it take their commit ("holdfast retry" where it was taken back here)`;
  await keepStopped(why, keeping);
  return true;
}

export async function keepStopped(why: string, keeping: Omit<KeepingStopped, 'agreement'>): Promise<void> {
  await keeping.runtime.replace(DISSENTS, why);
  keeping.log.error({ event: 'dissents', sentence: `keepalived is kept stopped here: ${why}.` });
  await stop(keeping);
}

async function stop({ live }: Pick<KeepingStopped, 'live'>): Promise<void> {
  await live?.ready();
  await live?.run(['systemctl', 'stop', '--', UNIT]);
}

/** As a guard of preflight: this plan wants it running, and leaves this host on the wrong side. */
export async function keptStopped(plan: Plan, runtime: StateDirectory): Promise<readonly NotNow[]> {
  const why = await whyStopped(runtime);
  const id: Id = `unit[${UNIT}]`;
  const isWanted = isInForce(plan.of) || plan.changes.some((change) => change.id === id);
  return why === null || !isWanted ? [] : [{ id, why: `it is kept stopped: ${why}` }];
}
