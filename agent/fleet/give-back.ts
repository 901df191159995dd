import type { Cluster } from '../desired/cluster.ts';
import type { Role } from '../desired/role.ts';
import type { Time } from '../health/check.ts';
import { holds } from '../health/vip-owner.ts';
import type { HandOverTools } from '../transaction/hand-over-tools.ts';
import { isUnreachable, type PeerAnswers } from './peers.ts';

/** How often a host that holds the virtual IP in another one's place looks whether that one wants it back. */
export const LOOK_MS = 2_000;
/** One that is off does not want it, and takes it by itself when it is back: it is asked less and less often. */
const SELDOM_MS = 30_000;

export type GivingBack = {
  /** Of which cluster, and who this host is in it; `null`: not known yet. */
  readonly place: () => { readonly cluster: Cluster; readonly role: Role } | null;
  readonly ask: (names: readonly string[]) => Promise<PeerAnswers>;
  readonly handOver: HandOverTools | null;
};

/** Until the signal is given. It fails nothing: a host that is not heard preempts the address. */
export async function giveBackWhenWanted(
  giving: GivingBack,
  sleep: Time['sleep'],
  stop: AbortSignal,
): Promise<void> {
  const silent: Silent = new Map();
  while (!stop.aborted) {
    await giveBackIfWanted(giving, silent).catch(() => undefined);
    await sleep(LOOK_MS, stop);
  }
}

/** Who did not answer, and when, monotonic, that one is asked again. */
type Silent = Map<string, { readonly againMs: number; readonly pauseMs: number }>;

/**
 * Asked are those that come before this host, and only while it holds the address in their place: nobody else pays for
 * this. A host in the middle of a handover of its own has other things to do.
 */
export async function giveBackIfWanted(
  { place, ask, handOver }: GivingBack,
  silent: Silent = new Map(),
): Promise<void> {
  const here = place();
  if (here === null || handOver === null) return;
  const { nodes, interface: name, vip } = here.cluster;
  const above = nodes.filter(({ priority }) => priority > (here.role.priority ?? 254));
  if (above.length === 0 || !holds(handOver, name, vip) || (await handOver.port.offset()) !== 0) return;
  const fromMs = handOver.time.clock.monotonicMs();
  const asked = above.filter((node) => (silent.get(node.name)?.againMs ?? 0) <= fromMs);
  if (asked.length === 0) return;
  const answers = await ask(asked.map((node) => node.name));
  spare(asked, answers, silent, fromMs);
  const wanting = asked.find((node) => {
    const answer = answers.get(node.name);
    return answer !== undefined && !isUnreachable(answer) && answer.vip.wanted === true;
  });
  if (wanting === undefined) return;
  const { giveAway } = await import('../transaction/give-away.ts');
  const { tell } = await import('../transaction/hand-over.ts');
  const given = await giveAway(here, 0, handOver);
  if (given !== 'not here') tell(given, `because ${wanting.name} wants it back`, fromMs, handOver);
}

function spare(
  asked: readonly { readonly name: string }[],
  answers: PeerAnswers,
  silent: Silent,
  nowMs: number,
): void {
  for (const { name } of asked) {
    const answer = answers.get(name);
    if (answer !== undefined && !isUnreachable(answer)) silent.delete(name);
    else {
      const pauseMs = Math.min(SELDOM_MS, 2 * (silent.get(name)?.pauseMs ?? LOOK_MS));
      silent.set(name, { againMs: nowMs + pauseMs, pauseMs });
    }
  }
}
