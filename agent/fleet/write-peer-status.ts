import type { PeerStatus } from './peer-status.ts';
import { MOST_ENTRIES, MOST_HOSTS, MOST_WORDS, oneLine } from './untrusted.ts';

/** As it goes over the network: what a peer would find too long is cut, so that it can read all of the rest. */
export function writePeerStatus(status: PeerStatus): string {
  const { release, takenBack, vip, apiServer, waiting, sees = [] } = status;
  return JSON.stringify({
    ...status,
    release: cut(release),
    // The newest ones are those that peers are about to try.
    takenBack: takenBack.slice(-MOST_ENTRIES).map(({ commit, why }) => ({ commit, why: cut(why, MOST_WHY) })),
    vip: { ...vip, seen: vip.seen && cut(vip.seen) },
    apiServer: { ...apiServer, seen: apiServer.seen && cut(apiServer.seen) },
    sees: sees.slice(0, MOST_HOSTS),
    waiting: waiting && { for: cut(waiting.for), why: cut(waiting.why) },
  });
}

/** There may be many of them beside many hosts. */
const MOST_WHY = 256;

function cut(text: string, most: number = MOST_WORDS): string {
  const clean = oneLine(text);
  return clean.length <= most ? clean : `${clean.slice(0, most - 1)}…`;
}
