import type { Cluster } from '../desired/cluster.ts';
import type { Clock, Identity } from '../host/host.ts';
import { readStatus, type StatusPlaces } from '../report/status-file.ts';
import type { Status } from '../report/status.ts';
import { journalOrDamage } from '../transaction/journal.ts';
import { readLedger } from '../transaction/ledger.ts';
import { IDLE, JournalDamaged } from '../transaction/phase.ts';
import type { Fleet } from './fleet.ts';
import { NOTHING_SEEN, type OwnView } from './view.ts';
import { peerStatusOf, type SelfFacts } from './peer-status-of.ts';
import type { PeerStatus } from './peer-status.ts';
import { whatItSees } from './sightings.ts';

export type SelfParts = {
  readonly release: string;
  readonly identity: () => Identity;
  readonly places: StatusPlaces;
  readonly clock: Clock;
  readonly fleet: Fleet;
  readonly view: (cluster: Cluster) => Promise<OwnView>;
  /** Whether it gave the virtual IP away, and would have it back. */
  readonly wantsVip: () => Promise<boolean>;
};

/** What this host is on record for: the same for its peers, and for `holdfast fleet` where its agent does not answer. */
export async function onRecord(
  places: StatusPlaces,
): Promise<Pick<SelfFacts, 'status' | 'phase' | 'ledger' | 'paused'>> {
  const journal = await journalOrDamage(places.state);
  const status = await readStatus(places);
  return {
    status,
    phase: journal instanceof JournalDamaged ? IDLE : journal.phase,
    ledger: await readLedger(places.state),
    // Nobody waits longer for a host that was released than for one that somebody has stopped.
    paused: (status?.paused ?? null) !== null || status?.outcome === 'released',
  };
}

export const isWell = ({ outcome }: Status): boolean =>
  outcome === 'in desired state' || outcome === 'changed';

/** What this host says of itself whenever it is asked. */
export class Self {
  readonly #parts: SelfParts;
  #cluster: Cluster | null = null;
  /** Since when it has been well with a commit, in monotonic milliseconds. */
  #settled: { readonly commit: string; readonly sinceMs: number } | null = null;
  #lastSuccessMs: number | null = null;
  constructor(parts: SelfParts) {
    this.#parts = parts;
  }

  know(cluster: Cluster): void {
    this.#cluster = cluster;
  }

  /** With `brief`, what would take asking others is unknown. */
  async status(brief = false): Promise<PeerStatus> {
    const { release, identity, places, clock, fleet, view, wantsVip } = this.#parts;
    const cluster = this.#cluster;
    const seen = cluster === null ? NOTHING_SEEN : brief ? this.#brief(cluster) : await view(cluster);
    // What is said and what is on record, in this order: a turn ends after it is on record how it went.
    const { word, staged } = await fleet.saying.said();
    const record = await onRecord(places);
    const isAnnounced = word !== null && 'changing' in word;
    const said = peerStatusOf({
      ...record,
      release,
      hostname: identity().hostname,
      settledMs: this.#settledMs(record.status),
      staged,
      waiting: word !== null && 'waiting' in word ? word.waiting : null,
      nowMs: clock.now(),
      lastSuccessMs: this.#lastSuccessMs,
      view: seen,
    });
    return {
      ...said,
      ...((await wantsVip()) ? { vip: { ...said.vip, wanted: true } } : {}),
      ...(isAnnounced && said.phase === 'idle'
        ? { phase: 'applying', changing: word.changing, settledMs: null }
        : {}),
      sees: whatItSees(fleet.sightings, clock.monotonicMs()),
    };
  }

  #brief({ vip }: Cluster): OwnView {
    const held = [...this.#parts.identity().addresses.values()].flat().includes(vip);
    return { ...NOTHING_SEEN, vip: { ...NOTHING_SEEN.vip, held } };
  }

  #settledMs(status: Status | null): number | null {
    const nowMs = this.#parts.clock.monotonicMs();
    if (status === null || status.commit === null || !isWell(status)) {
      this.#settled = null;
      return null;
    }
    this.#lastSuccessMs = status.atMs;
    if (this.#settled?.commit !== status.commit.sha)
      this.#settled = { commit: status.commit.sha, sinceMs: nowMs };
    return nowMs - this.#settled.sinceMs;
  }
}
