import type { VrrpAnswer, VrrpInstance } from '../host/probes.ts';
import { notHere, unwell, WELL, type Check, type Seen } from './check.ts';

export const DUMP_MS = 3_000;

/**
 * keepalived takes part: neither FAULT (a track script or file that fails, an interface that is down) nor gone.
 * `mustRun`: the desired state says so; else a keepalived that does not run is nobody's business.
 */
export function vrrpState(vip: string, mustRun: boolean): Check {
  return {
    id: `vrrp[${vip}]`,
    about: 'local',
    run: async (probes) => {
      const answer = await probes.vrrp(DUMP_MS);
      return 'down' in answer && !mustRun ? notHere(answer.down) : seenInVrrp(answer, vip);
    },
  };
}

export function seenInVrrp(answer: VrrpAnswer, vip: string): Seen {
  if ('down' in answer) return unwell(answer.down);
  if ('silent' in answer) return unwell(`keepalived: ${answer.silent}`);
  const ours = instanceOf(answer.instances, vip);
  if (ours === undefined) return unwell(`keepalived has no instance for ${vip}${namesOf(answer.instances)}`);
  switch (ours.state) {
    case 'FAULT':
      return unwell(
        `instance ${ours.name} is in FAULT: a track script, a track file or the interface says that this host must not have ${vip}`,
      );
    case 'INIT':
    case 'unknown':
      return unwell(`instance ${ours.name} is in state ${ours.state}`);
    case 'BACKUP':
    case 'MASTER':
      return WELL;
  }
}

export const instanceOf = (instances: readonly VrrpInstance[], vip: string): VrrpInstance | undefined =>
  instances.find(({ addresses }) => addresses.includes(vip));

const namesOf = (instances: readonly VrrpInstance[]): string =>
  instances.length === 0
    ? ''
    : ` (only ${instances.map(({ name, addresses }) => `${name}: ${addresses.join(', ') || 'no address'}`).join('; ')})`;
