import type { Cluster } from '../desired/cluster.ts';
import type { Probes } from '../host/probes.ts';
import { notHere, unwell, WELL, type Check } from './check.ts';
import { DUMP_MS, instanceOf } from './vrrp.ts';

/**
 * The address is on this host's interface exactly if VRRP says MASTER. Both ways it goes wrong: a keepalived that was
 * killed leaves the address behind, and one whose `ip address` was undone answers adverts for an address it lacks.
 */
export function vipHere({ vip, interface: name }: Cluster): Check {
  return {
    id: `vip[${vip}]/here`,
    about: 'local',
    run: async (probes) => {
      const answer = await probes.vrrp(DUMP_MS);
      const here = holds(probes, name, vip);
      if (!('instances' in answer))
        return here && 'down' in answer
          ? unwell(`${name} has ${vip}, and keepalived does not run to give it back`)
          : notHere('keepalived does not say who is MASTER');
      const isMaster = instanceOf(answer.instances, vip)?.state === 'MASTER';
      if (here === isMaster) return WELL;
      return isMaster
        ? unwell(`this host is MASTER, and ${name} does not have ${vip}`)
        : unwell(`this host is not MASTER, and ${name} has ${vip}`);
    },
  };
}

/** Two owners answer in turns, and a client meets now one and now the other. The holder of the address can tell. */
export function vipAlone({ vip, interface: name }: Cluster): Check {
  return {
    id: `vip[${vip}]/alone`,
    about: 'vip',
    run: async (probes) => {
      if (!holds(probes, name, vip)) return WELL;
      const answer = await probes.otherOwners(name, vip);
      if ('unknown' in answer) return notHere(answer.unknown);
      if (answer.others.length === 0) return WELL;
      return unwell(`${answer.others.join(' and ')} answers for ${vip} as well: two hosts hold it`);
    },
  };
}

/** On `lo` it does not count: nobody else reaches it there. */
export const holds = (probes: Pick<Probes, 'addresses'>, name: string, vip: string): boolean =>
  probes.addresses().get(name)?.includes(vip) ?? false;
