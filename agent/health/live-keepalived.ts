import type { VrrpAnswer, VrrpInstance } from '../host/probes.ts';
import type { KeepalivedConf } from './keepalived-conf.ts';
import type { UnitFact } from './live-fact.ts';
import type { Proof } from './live-proof.ts';

/**
 * A reload is live when keepalived's own account shows it: every instance has been set up since (2.3.3 stamps
 * `last_transition` anew at a reload, in BACKUP, MASTER and FAULT alike; measured), with the VRID and the priority of
 * the file. One that refused the file (`reload_check_config`) goes on as it was, with every unit active.
 */
export function proveKeepalived(fact: UnitFact, answer: VrrpAnswer, conf: KeepalivedConf | null): Proof {
  if ('down' in answer) return { waiting: answer.down };
  if ('silent' in answer) return { waiting: `keepalived: ${answer.silent}` };
  const { instances } = answer;
  const before = fact.keepalived;
  const old = instances.filter(({ name, lastTransition }) => before?.[name] === lastTransition);
  if (before !== null && old.length > 0)
    return {
      waiting: `instance ${old[0]!.name} is still as it was: keepalived has not read its configuration anew`,
    };
  const other = conf === null ? null : difference(instances, conf);
  if (other !== null) return { waiting: other };
  return before === null
    ? { live: true, unproven: 'keepalived could not be asked before the reload' }
    : { live: true };
}

function difference(instances: readonly VrrpInstance[], conf: KeepalivedConf): string | null {
  for (const { name, routerId, priority } of conf.instances) {
    const runs = instances.find((instance) => instance.name === name);
    if (runs === undefined) return `keepalived does not run instance ${name} of its configuration`;
    if (routerId !== null && runs.routerId !== routerId)
      return `instance ${name} runs with VRID ${runs.routerId}, and its configuration says ${routerId}`;
    if (priority !== null && runs.priority !== priority)
      return `instance ${name} runs with priority ${runs.priority}, and its configuration says ${priority}`;
  }
  return null;
}
