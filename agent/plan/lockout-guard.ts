import * as z from 'zod';
import type { Identity, Reader } from '../host/host.ts';
import { parts, type Origin, type Resource } from '../resources/kind.ts';
import { UfwState } from '../resources/ufw.ts';
import { parseRule } from '../resources/ufw-grammar.ts';
import { RulesState } from '../resources/ufw-rules-state.ts';
import { formatTuple, parseTuple, perFamily } from '../resources/ufw-tuple.ts';
import type { Change, NotNow, Plan } from './change.ts';
import { lockout } from './lockout.ts';
import type { Closed } from './lockout-sentences.ts';

/** What of cluster.yaml counts here. */
const ClusterPart = z.object({
  apiPort: z.number(),
  interface: z.string(),
  vip: z.string(),
  vrrp: z.object({ transport: z.enum(['multicast', 'unicast']) }),
  nodes: z.array(z.object({ address: z.string() })),
  workers: z.array(z.object({ address: z.string() })),
});

/** `lockout` as a guard of preflight. `identity` says which address is on which interface. */
export function lockoutGuard(reader: Reader, identity: () => Identity) {
  return async (plan: Plan): Promise<readonly NotNow[]> => {
    const change = changeOf('ufw', plan) ?? changeOf('ufw-rules', plan);
    if (change === null) return [];
    // What cannot be judged is not done; it must not keep other drift from being put right.
    return judged(plan, change, reader, identity).catch((cause: unknown) => [
      { id: change.id, why: cause instanceof Error ? cause.message : String(cause) },
    ]);
  };
}

async function judged(
  plan: Plan,
  change: Change,
  reader: Reader,
  identity: () => Identity,
): Promise<readonly NotNow[]> {
  const rules = changeOf('ufw-rules', plan);
  const firewall = changeOf('ufw', plan);
  const cluster = ClusterPart.parse(plan.of.cluster);
  const { role, address } = plan.of.role;
  const others = (list: readonly { readonly address: string }[]): readonly string[] =>
    list.map((one) => one.address).filter((one) => one !== address);
  const enabledAfter = firewall === null ? undefined : UfwState.parse(firewall.to)?.enabled;
  const said = await lockout({
    reader,
    addresses: identity().addresses,
    interface: cluster.interface,
    vip: cluster.vip,
    peers: others([...cluster.nodes, ...cluster.workers]),
    apiPort: cluster.apiPort,
    vrrp:
      role === 'worker'
        ? null
        : {
            transport: cluster.vrrp.transport,
            peers: others(cluster.nodes),
            coming: startsKeepalived(plan),
          },
    ...(rules === null ? {} : { rulesAfter: RulesState.parse(rules.to) }),
    ...(enabledAfter === undefined ? {} : { enabledAfter }),
  });
  return said.map(({ why, by }) => ({ id: change.id, why, at: ruleAt(by, plan.of.resources) }));
}

/** Where the rule is written that closes something; `null`: none does, or none of the repository's. */
function ruleAt(by: Closed['by'], resources: readonly Resource[]): Origin | null {
  const origins = resources.find(({ id }) => parts(id)[0] === 'ufw-rules')?.origins ?? {};
  const closing = by === null ? null : parseTuple(by.tuple, by.family);
  if (closing === null) return null;
  const found = Object.entries(origins).find(([text]) => {
    const parsed = parseRule(text);
    const rules = 'rule' in parsed ? perFamily(parsed.rule) : [];
    return rules.some((rule) => rule.family === closing.family && formatTuple(rule) === formatTuple(closing));
  });
  return found?.[1] ?? null;
}

const changeOf = (kind: string, plan: Plan): Change | null =>
  plan.changes.find(({ id }) => parts(id)[0] === kind) ?? null;

const Runs = z.object({ running: z.literal(true) });
const startsKeepalived = (plan: Plan): boolean =>
  plan.changes.some(({ id, to }) => id === 'unit[keepalived.service]' && Runs.safeParse(to).success);
