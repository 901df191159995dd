import type { Cluster } from '../desired/cluster.ts';
import { notHere, unwell, WELL, type Check, type Seen } from '../health/check.ts';
import { holds } from '../health/vip-owner.ts';
import type { PeerAnswers } from './peers.ts';

/**
 * What peers see of the virtual IP: its holder reaches it over lo whatever its own firewall does to everybody else
 * (FIELD.md, 3). Only the holder asks, and a host that is not the holder passes: the address may move here with the
 * change, and then the peers' word counts.
 */
export function witness(cluster: Cluster, ask: () => Promise<PeerAnswers>): Check {
  return {
    id: `witness[${cluster.vip}:${cluster.apiPort}]`,
    about: 'witness',
    run: async (probes) => (holds(probes, cluster.interface, cluster.vip) ? heardFrom(await ask()) : WELL),
  };
}

/** Pure. One that reaches it is enough: another's own network may be at fault. */
export function heardFrom(answers: PeerAnswers): Seen {
  const reached = [...answers].flatMap(([name, answer]) =>
    'unreachable' in answer ? [] : [{ name, ...answer }],
  );
  // Another holder would reach it over its own lo.
  const views = reached.filter(({ vip }) => !vip.held && vip.answers !== null);
  if (views.some(({ vip }) => vip.answers === true)) return WELL;
  if (views.length > 0)
    return unwell(
      views
        .map(({ name, vip }) => `${name} does not reach it${vip.seen === null ? '' : `: ${vip.seen}`}`)
        .join('; '),
    );
  if (reached.length > 0) return notHere(`${namesOf(reached)} cannot say whether the virtual IP answers`);
  const why = [...answers].flatMap(([name, answer]) =>
    'unreachable' in answer ? [`${name}: ${answer.unreachable}`] : [],
  );
  return notHere(
    why.length === 0
      ? 'there is no other host that could be asked'
      : `no other host can be asked whether the virtual IP answers (${why.join('; ')})`,
  );
}

const namesOf = (peers: readonly { readonly name: string }[]): string =>
  peers.map(({ name }) => name).join(' and ');
