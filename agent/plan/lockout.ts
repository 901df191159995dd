import * as z from 'zod';
import type { Identity, Reader } from '../host/host.ts';
import { parts, type Origin, type Resource } from '../resources/kind.ts';
import { UfwState } from '../resources/ufw.ts';
import { parseRule } from '../resources/ufw-grammar.ts';
import { readSettings } from '../resources/ufw-files.ts';
import { RulesState } from '../resources/ufw-rules-state.ts';
import { formatTuple, parseTuple, perFamily, type Family } from '../resources/ufw-tuple.ts';
import type { Change, NotNow, Plan } from './change.ts';
import { readChains, type BeforeAndAfter } from './lockout-chains.ts';
import { flows, isOwn, type Cluster, type Flow } from './lockout-flows.ts';
import { sayCut, sayNobody, type Closed, type Cut } from './lockout-sentences.ts';
import { readSockets, type Sockets } from './lockout-sockets.ts';
import { whoMightReach } from './lockout-sources.ts';
import { familyOf, verdict } from './lockout-verdict.ts';

/** What of cluster.yaml counts here. */
const ClusterPart = z.object({
  apiPort: z.number(),
  interface: z.string(),
  vrrp: z.object({ transport: z.enum(['multicast', 'unicast']) }),
  nodes: z.array(z.object({ address: z.string() })),
  workers: z.array(z.object({ address: z.string() })),
});

/** The same as a guard of preflight. `identity` says which address is on which interface. */
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

export type LockoutAsked = Cluster & {
  readonly reader: Reader;
  /** What `ufw-rules[host]` is to become; left out: this plan does not change it. */
  readonly rulesAfter?: RulesState;
  /** What `ufw[host]` is to become; left out: this plan does not change it. */
  readonly enabledAfter?: boolean;
};

/**
 * Why a plan must not touch the firewall: a sentence for everybody whom it would cut off from SSH, and for every peer
 * that it would cut off from etcd, the kubelet, the API or VRRP. What does not get through now is not the plan's doing.
 * A check from this host itself proves nothing, because it goes over lo; so the rules are judged instead.
 */
export async function lockout(asked: LockoutAsked): Promise<readonly Closed[]> {
  const { reader, rulesAfter, enabledAfter } = asked;
  const { live } = reader;
  if (live === null || (rulesAfter === undefined && enabledAfter === undefined)) return [];
  const settings = await readSettings(reader);
  if (settings === null || !(enabledAfter ?? settings.enabled)) return [];
  const chains = new Map<Family, BeforeAndAfter>();
  for (const family of settings.kernelIpv6 ? (['v4', 'v6'] as const) : (['v4'] as const))
    chains.set(family, await readChains(family, rulesAfter, settings, reader, live));
  const sockets = await readSockets(reader, live);
  const all = flows(sockets, asked);
  const cut = all.map((flow) => cutOff(flow, chains)).filter((one) => one !== null);
  const nobody = all.some(({ what }) => what === 'SSH') ? [] : nobodyLeft(sockets, asked, chains);
  return [...nobody, ...sayCut(cut)];
}

type ChainsByFamily = ReadonlyMap<Family, BeforeAndAfter>;

function cutOff(flow: Flow, chains: ChainsByFamily): Cut | null {
  const tables = chains.get(familyOf(flow.packet.to));
  if (tables === undefined || !verdict(flow.packet, tables.before).accepted) return null;
  const { accepted, by } = verdict(flow.packet, tables.after);
  return accepted ? null : { flow, by };
}

/** With nobody logged in, somebody must be able to. */
function nobodyLeft(sockets: Sockets, cluster: Cluster, chains: ChainsByFamily): readonly Closed[] {
  const doors = [...sockets.sshPorts].flatMap((port) =>
    doorsOf(port, sockets, cluster).map((to) => ({ to, port, interface: cluster.interface })),
  );
  const reaching = (when: keyof BeforeAndAfter) =>
    [...chains].flatMap(([family, tables]) => {
      const there = doors.filter(({ to }) => familyOf(to) === family);
      const might = whoMightReach(there, cluster.peers, tables[when]);
      return might.map((packet) => ({ family, ...verdict(packet, tables[when]) }));
    });
  const after = reaching('after');
  if (after.some(({ accepted }) => accepted)) return [];
  if (!reaching('before').some(({ accepted }) => accepted)) return [];
  const closing = after.find(({ by }) => by !== null);
  return [
    sayNobody([...sockets.sshPorts], closing?.by ? { tuple: closing.by, family: closing.family } : null),
  ];
}

/** Where sshd can be reached: where it listens, or, when it does not run now, at each of this host's addresses. */
function doorsOf(port: number, { listening }: Sockets, cluster: Cluster): readonly string[] {
  const own = [...cluster.addresses.values()].flat();
  const bound = listening.filter((socket) => socket.port === port);
  const there = bound.length === 0 ? [null] : bound.map(({ address }) => address);
  return there
    .flatMap((address) => (address === null ? own : [address]))
    .filter((to) => !isLoopback(to, cluster));
}

const isLoopback = (address: string, cluster: Cluster): boolean =>
  isOwn(address, { ...cluster, addresses: new Map() });
