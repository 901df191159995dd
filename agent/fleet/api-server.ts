import { answers, type Blocking } from './blocking.ts';
import type { TurnAsked } from './turn.ts';

/**
 * An API server is restarted only while those of the other nodes that answer are ready. Where this host's own is down
 * already there is nothing to lose, and the change may be what brings it back.
 */
export function unready(name: string, asked: TurnAsked): Blocking | null {
  const { apiServer, nodes, sightings, rollout } = asked;
  const sighting = sightings.get(name);
  if (apiServer === null || apiServer.ready === false || !answers(sighting, asked.nowMs)) return null;
  if (!nodes.some((node) => node.name === name && node.priority !== null)) return null;
  const { ready, seen } = sighting.status.apiServer;
  if (ready === true) return null;
  const because = seen === null ? '' : ` (${seen})`;
  return ready === false
    ? {
        kind: 'api server',
        why: `has an API server that is not ready${because}, and this change restarts the one here`,
        limitMs: rollout.unreachableMs,
        afterwards: 'stop',
      }
    : {
        kind: 'api server',
        why: `does not know whether its API server is ready${because}`,
        limitMs: rollout.unreachableMs,
        afterwards: 'skip',
      };
}
