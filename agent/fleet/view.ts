import type { PeerStatus } from './peer-status.ts';

/** What a peer cannot see for itself: whether the virtual IP answers *here*, and this host's own API server. */
export type OwnView = Pick<PeerStatus, 'vip' | 'apiServer'>;

export const NOTHING_SEEN: OwnView = {
  vip: { held: false, answers: null, seen: null },
  apiServer: { ready: null, seen: null },
};
