import type { Ask } from '../host/status-asker.ts';
import type { PeerStatus } from './peer-status.ts';
import { readPeerStatus } from './read-peer-status.ts';

export type Peer = { readonly name: string; readonly address: string };
/** `unreachable`: why nothing is known of it, a clause. */
export type PeerAnswer = PeerStatus | { readonly unreachable: string };
/** By hostname: one of each peer that was asked. */
export type PeerAnswers = ReadonlyMap<string, PeerAnswer>;

export type Asking = {
  readonly ask: Ask;
  readonly port: number;
  /** This host's own address: peers answer cluster nodes only, and the virtual IP is none. */
  readonly from: string | null;
  /** Without its own view of the virtual IP and of its API server: that takes it two requests over TLS. */
  readonly brief?: boolean;
};

const WITHIN_MS = 2_000;
export const BRIEF = '/status/brief';

/** Asks all of them at once, each with a limit of its own. Never rejects. */
export async function askPeers(peers: readonly Peer[], asking: Asking): Promise<PeerAnswers> {
  const answers = await Promise.all(
    peers.map(async (peer) => [peer.name, await askPeer(peer, asking)] as const),
  );
  return new Map(answers);
}

export const isUnreachable = (answer: PeerAnswer): answer is { readonly unreachable: string } =>
  'unreachable' in answer;

async function askPeer({ name, address }: Peer, { ask, port, from, brief }: Asking): Promise<PeerAnswer> {
  const answer = await ask({
    address,
    port,
    path: brief === true ? BRIEF : '/status',
    from,
    timeoutMs: WITHIN_MS,
  });
  if ('failed' in answer) return { unreachable: answer.failed };
  const status = readPeerStatus(answer.body);
  if (status === null) return { unreachable: 'unreadable answer' };
  // A cloned card, or an address that another host was given: what it says is not about this peer.
  return status.hostname === name ? status : { unreachable: `${status.hostname} answers at ${address}` };
}
