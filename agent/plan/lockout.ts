import type { Reader } from '../host/host.ts';
import { kernelFamiliesOf } from '../resources/ufw-family.ts';
import { readSettings } from '../resources/ufw-files.ts';
import type { RulesState } from '../resources/ufw-rules-state.ts';
import type { Family } from '../resources/ufw-tuple.ts';
import { readChains, type BeforeAndAfter } from './lockout-chains.ts';
import { flows, isOwn, type Cluster, type Flow } from './lockout-flows.ts';
import { sayCut, sayNobody, type Closed, type Cut } from './lockout-sentences.ts';
import { readSockets, type Sockets } from './lockout-sockets.ts';
import { whoMightReach } from './lockout-sources.ts';
import { familyOf, verdict } from './lockout-verdict.ts';

export type LockoutAsked = Cluster & {
  readonly reader: Reader;
  /** What `ufw-rules[host]` is to become; left out: this plan does not change it. */
  readonly rulesAfter?: RulesState;
  /** What `ufw[host]` is to become; left out: this plan does not change it. */
  readonly enabledAfter?: boolean;
};

/**
 * Why a plan must not touch the firewall: a sentence for everybody whom it would cut off from SSH, and for every peer
 * that it would cut off from etcd, the kubelet, the API or VRRP, which also has to go out. What does not get through now is not the plan's doing.
 * A check from this host itself proves nothing, because it goes over lo; so the rules are judged instead.
 */
export async function lockout(asked: LockoutAsked): Promise<readonly Closed[]> {
  const { reader, rulesAfter, enabledAfter } = asked;
  const { live } = reader;
  if (live === null || (rulesAfter === undefined && enabledAfter === undefined)) return [];
  const settings = await readSettings(reader);
  if (settings === null || !(enabledAfter ?? settings.enabled)) return [];
  const chains = new Map<Family, BeforeAndAfter>();
  for (const family of kernelFamiliesOf(settings))
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
