import type { Cluster } from '../desired/cluster.ts';
import type { Role } from '../desired/role.ts';
import type { Time } from '../health/check.ts';
import { holds } from '../health/vip-owner.ts';
import type { HandOverTools } from '../transaction/hand-over-tools.ts';
import type { PeerAnswers } from './peers.ts';

/** How often a host that holds the virtual IP in another one's place looks whether that one wants it back. */
export const LOOK_MS = 2_000;

export type GivingBack = {
  /** Of which cluster, and who this host is in it; `null`: not known yet. */
  readonly place: () => { readonly cluster: Cluster; readonly role: Role } | null;
  readonly ask: () => Promise<PeerAnswers>;
  readonly handOver: HandOverTools | null;
};

/** Until the signal is given. It fails nothing: a host that is not heard preempts the address. */
export async function giveBackWhenWanted(
  giving: GivingBack,
  sleep: Time['sleep'],
  stop: AbortSignal,
): Promise<void> {
  while (!stop.aborted) {
    await giveBackIfWanted(giving).catch(() => undefined);
    await sleep(LOOK_MS, stop);
  }
}

/**
 * The peers are asked only by a host that holds the address although another one comes before it: nobody else pays for
 * this. A host in the middle of a handover of its own has other things to do.
 */
export async function giveBackIfWanted({ place, ask, handOver }: GivingBack): Promise<void> {
  const here = place();
  if (here === null || handOver === null) return;
  const { nodes, interface: name, vip } = here.cluster;
  const above = nodes.filter(({ priority }) => priority > (here.role.priority ?? 254));
  if (above.length === 0 || !holds(handOver, name, vip) || (await handOver.port.offset()) !== 0) return;
  const answers = await ask();
  const wanting = above.find((node) => {
    const answer = answers.get(node.name);
    return answer !== undefined && 'vip' in answer && answer.vip.wanted === true;
  });
  if (wanting === undefined) return;
  const fromMs = handOver.time.clock.monotonicMs();
  const { giveAway } = await import('../transaction/give-away.ts');
  const { tell } = await import('../transaction/hand-over.ts');
  const given = await giveAway(here, 0, handOver);
  if (given !== 'not here') tell(given, `because ${wanting.name} wants it back`, fromMs, handOver);
}
