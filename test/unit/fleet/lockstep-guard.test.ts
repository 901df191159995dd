import { describe, expect, it } from 'vitest';
import type { From } from '../../../agent/desired/candidate.ts';
import type { Cluster } from '../../../agent/desired/cluster.ts';
import { DISSENTS } from '../../../agent/fleet/keep-stopped.ts';
import { lockstepGuard } from '../../../agent/fleet/lockstep-guard.ts';
import type { Plan } from '../../../agent/plan/change.ts';
import { BlobStore } from '../../../agent/transaction/blobs.ts';
import { writeGeneration } from '../../../agent/transaction/generations.ts';
import { NEW_LEDGER, writeLedger } from '../../../agent/transaction/ledger.ts';
import { commitOf, ROLE } from '../../support/desired.ts';
import { CLUSTER, FakeFleet, HAS_2 } from '../../support/fake-fleet.ts';

const NOW_MS = Date.UTC(2026, 2, 1, 2, 0, 0);
const { sha, author, subject } = commitOf(2);
const COMMIT_2: From = { commit: sha, author, subject };
const otherVrid = (atMs: number | null): Cluster => ({
  ...CLUSTER,
  vrrp: { ...CLUSTER.vrrp, routerId: 52 },
  rollout: { ...CLUSTER.rollout, atMs },
});

/** A host that has commit 1 in force, among two others. */
class Guarded {
  readonly fleet = new FakeFleet();
  isGoingBack = false;
  before: Cluster = CLUSTER;

  async dissenting(): Promise<this> {
    await this.fleet.runtime.replace(DISSENTS, 'two others have another VRID');
    return this;
  }

  async reasons(cluster: Cluster, from: From = COMMIT_2, ids: readonly string[] = []): Promise<string> {
    const { state, runtime, nowMs } = this.fleet;
    const candidate = { role: ROLE, cluster: this.before, resources: [], allowMassRemoval: false };
    const committed = { version: 1, generation: 1, commit: commitOf(1), atMs: 5, renderedFor: '' } as const;
    await writeGeneration(state, { ...committed, candidate });
    await writeLedger(state, { ...NEW_LEDGER, generation: 1 });
    const changes = ids.map((id) => ({ id, notify: [], requires: [], validate: [] }));
    const of = { from, role: ROLE, cluster, resources: [], allowMassRemoval: false, blobs: new Map() };
    const guard = lockstepGuard({
      state,
      runtime,
      blobs: new BlobStore(state),
      fleet: this.fleet.open(),
      clock: { now: () => NOW_MS, monotonicMs: () => nowMs },
      isGoingBack: this.isGoingBack,
    });
    const said = await guard({ of, changes, packagesFirst: false } as unknown as Plan);
    return said.map(({ id, why }) => `${id}: ${why}`).join('\n');
  }
}
const KEEPALIVED = ['unit[keepalived.service]'];

describe('"holdfast rollback" to what has another VRID', () => {
  const goingBack = (): Guarded => Object.assign(new Guarded(), { isGoingBack: true });
  it('is refused on one host alone, and says that the way back is a commit for all', async () => {
    const why = await goingBack().reasons(otherVrid(null));
    expect(why).toMatch(
      /^cluster\[vrrp\.routerId\]: it has another vrrp\.routerId than what is in force now/,
    );
    expect(why).toMatch(/"git revert" of the one that changed vrrp\.routerId, with a rollout\.at/);
    expect(why).not.toContain('Write a time');
  });
  it('is refused also where that came from a directory', async () => {
    const why = await goingBack().reasons(otherVrid(null), { directory: 'generation 1' });
    expect(why).toContain('two hosts would hold the virtual IP');
  });
  it('goes through where the others have it already', async () => {
    const host = goingBack();
    host.fleet.others(HAS_2);
    expect(await host.reasons(otherVrid(null))).toBe('');
  });
  it("to anything else is nobody's business but this host's", async () => {
    expect(await goingBack().reasons(CLUSTER, COMMIT_2, KEEPALIVED)).toBe('');
  });
});

describe('a node that is added to unicast peers', () => {
  const unicast: Cluster = { ...CLUSTER, vrrp: { ...CLUSTER.vrrp, transport: 'unicast' } };
  const node = { name: 'kubernetes-node-4', address: '10.1.1.4', priority: 97 };
  const more = (atMs: number | null): Cluster => ({
    ...unicast,
    nodes: [...unicast.nodes, node],
    rollout: { ...unicast.rollout, atMs },
  });
  const at = (): Guarded => Object.assign(new Guarded(), { before: unicast });
  it('needs a moment at which all others begin to know it', async () => {
    expect(await at().reasons(more(null))).toMatch(
      /^cluster\[rollout\.at\]: list of unicast peers \(nodes\) must change on all hosts at one moment/,
    );
    expect(await at().reasons(more(NOW_MS + 60_000))).toBe('');
  });
  it('does not count where one that was away joins the others: two of three are more than half', async () => {
    const host = at();
    host.fleet.others(HAS_2);
    expect(await host.reasons(more(NOW_MS - 60_000))).toBe('');
  });
});

describe('on a host whose keepalived is kept stopped', () => {
  it('a commit that leaves it on its side needs a moment, for the others change then', async () => {
    const host = await new Guarded().dissenting();
    expect(await host.reasons(CLUSTER)).toMatch(/rollout\.at does not say when/);
    expect(await host.reasons({ ...CLUSTER, rollout: { ...CLUSTER.rollout, atMs: NOW_MS + 60_000 } })).toBe(
      '',
    );
  });
  it('what a person asks for does not start it against the others', async () => {
    const host = await new Guarded().dissenting();
    const fromDirectory = { directory: '/root/state' };
    expect(await host.reasons(CLUSTER, fromDirectory, KEEPALIVED)).toContain(
      'it is kept stopped: two others',
    );
    expect(await host.reasons(CLUSTER, fromDirectory, ['file[/etc/motd]'])).toBe('');
  });
});
