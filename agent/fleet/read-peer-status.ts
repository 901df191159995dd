import type { OutcomeName } from '../report/status.ts';
import type { PeerSeen, PeerStatus } from './peer-status.ts';
import {
  amount,
  fields,
  flag,
  listOf,
  matching,
  maybe,
  MOST_HOSTS,
  oneOf,
  unreadable,
  Unreadable,
  words,
  type Fields,
} from './untrusted.ts';

// INVARIANTS
// 1. What comes from the network is taken over field by field: nothing that is not named here gets in.
// 2. A field of the wrong shape makes the whole unreadable: half a status would be acted on.
// 3. What may be `null` and is not said is unknown; what may not must be said. A later release's fields are left out.

/** `null`: this is no status that this release can read. */
export function readPeerStatus(text: string): PeerStatus | null {
  try {
    return whole(JSON.parse(text));
  } catch (error) {
    if (error instanceof Unreadable || error instanceof SyntaxError) return null;
    throw error;
  }
}

function whole(value: unknown): PeerStatus {
  const of = fields(value);
  if (of('version') !== 1) unreadable();
  return {
    version: 1,
    release: words(of('release')),
    hostname: hostname(of('hostname')),
    ...place(of),
    phase: oneOf(PHASES)(of('phase')),
    changing: maybe(commit)(of('changing')),
    outcome: oneOf(OUTCOMES)(of('outcome')),
    settledMs: maybe(amount)(of('settledMs')),
    takenBack: listOf(takenBack)(of('takenBack')),
    vip: vip(fields(of('vip'))),
    apiServer: maybe((found) => apiServer(fields(found)))(of('apiServer')) ?? { ready: null, seen: null },
    staged: maybe(staged)(of('staged')),
    waiting: maybe(waiting)(of('waiting')),
    paused: flag(of('paused')),
    nowMs: amount(of('nowMs')),
    lastSuccessMs: maybe(amount)(of('lastSuccessMs')),
    driftAgoMs: maybe(amount)(of('driftAgoMs')),
    sees: maybe(listOf(peerSeen, MOST_HOSTS))(of('sees')) ?? [],
  };
}

const place = (of: Fields): Pick<PeerStatus, 'role' | 'priority' | 'head' | 'commit' | 'generation'> => ({
  role: maybe(oneOf(ROLES))(of('role')),
  priority: maybe(amount)(of('priority')),
  head: maybe(commit)(of('head')),
  commit: maybe(commit)(of('commit')),
  generation: amount(of('generation')),
});
const vip = (of: Fields): PeerStatus['vip'] => ({
  held: flag(of('held')),
  answers: maybe(flag)(of('answers')),
  seen: maybe(words)(of('seen')),
  ...(maybe(flag)(of('wanted')) === true ? { wanted: true } : {}),
});
const apiServer = (of: Fields): PeerStatus['apiServer'] => ({
  ready: maybe(flag)(of('ready')),
  seen: maybe(words)(of('seen')),
});
function takenBack(value: unknown): PeerStatus['takenBack'][number] {
  const of = fields(value);
  return { commit: commit(of('commit')), why: words(of('why')) };
}
function staged(value: unknown): NonNullable<PeerStatus['staged']> {
  const of = fields(value);
  const well = maybe(flag)(of('well'));
  return { commit: commit(of('commit')), atMs: amount(of('atMs')), ...(well === true ? { well } : {}) };
}
function peerSeen(value: unknown): PeerSeen {
  const of = fields(value);
  return {
    name: hostname(of('name')),
    agoMs: amount(of('agoMs')),
    changing: maybe(commit)(of('changing')),
    tookBack: maybe(commit)(of('tookBack')),
  };
}
function waiting(value: unknown): NonNullable<PeerStatus['waiting']> {
  const of = fields(value);
  return { for: words(of('for')), why: words(of('why')) };
}

const commit = matching(/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/);
const hostname = matching(/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/);

const ROLES = { MASTER: true, BACKUP: true, worker: true } as const;
export const PHASES: Readonly<Record<PeerStatus['phase'], true>> = {
  idle: true,
  applying: true,
  verifying: true,
  'rolling back': true,
  stuck: true,
};
export const OUTCOMES: Readonly<Record<OutcomeName, true>> = {
  'in desired state': true,
  changed: true,
  degraded: true,
  'rolled back': true,
  stuck: true,
  refused: true,
  held: true,
  paused: true,
  failed: true,
  released: true,
  'no desired state': true,
  'nothing known': true,
};
