import { beforeEach, describe, expect, it } from 'vitest';
import type { Cluster } from '../../../agent/desired/cluster.ts';
import type { Candidate } from '../../../agent/desired/candidate.ts';
import { agree, type Patience } from '../../../agent/fleet/agree.ts';
import { openAgreement } from '../../../agent/fleet/agreement.ts';
import { whyStopped } from '../../../agent/fleet/keep-stopped.ts';
import type { Source } from '../../../agent/source/source.ts';
import { BlobStore } from '../../../agent/transaction/blobs.ts';
import { writeGeneration } from '../../../agent/transaction/generations.ts';
import { NEW_LEDGER, writeLedger } from '../../../agent/transaction/ledger.ts';
import { commitOf, ROLE } from '../../support/desired.ts';
import { CLUSTER, FakeFleet, HAS_2, NODE } from '../../support/fake-fleet.ts';

/** A host that has commit 1 in force and was away; what it finds out before keepalived starts. */

let fleet: FakeFleet;
let said: string[];
let asked: number;
let newest: Source['newest'];
beforeEach(async () => {
  fleet = new FakeFleet();
  said = [];
  asked = 0;
  newest = async () => found(CLUSTER);
  const candidate = { role: ROLE, cluster: CLUSTER, resources: [], allowMassRemoval: false };
  const committed = { version: 1, generation: 1, commit: commitOf(1), atMs: 5, renderedFor: '' } as const;
  await writeGeneration(fleet.state, { ...committed, candidate });
  await writeLedger(fleet.state, { ...NEW_LEDGER, generation: 1 });
});
const { sha, author, subject } = commitOf(2);
const found = (cluster: Cluster) => {
  const from = { commit: sha, author, subject };
  const of = { from, role: ROLE, cluster, resources: [], allowMassRemoval: false, blobs: new Map() };
  const head = commitOf(2);
  return { newest: of as unknown as Candidate, head, ok: true, why: null };
};
const OTHER_VRID: Cluster = { ...CLUSTER, vrrp: { ...CLUSTER.vrrp, routerId: 52 } };
const never = new Promise<never>(() => undefined);

async function away(more: Partial<Patience> = {}): Promise<string | null> {
  const quiet = () => undefined;
  const clock = { now: () => 5_000_000, monotonicMs: () => fleet.nowMs };
  const sleep = async (ms: number): Promise<void> => {
    const untilMs = fleet.nowMs + ms;
    // Whoever waits for less goes first.
    for (let turns = 0; turns < ms / 1_000 && fleet.nowMs < untilMs; turns += 1)
      await new Promise((resolve) => setImmediate(resolve));
    fleet.nowMs = Math.max(fleet.nowMs, untilMs);
  };
  const { state, runtime } = fleet;
  await agree(
    {
      state,
      runtime,
      hostname: () => NODE[1],
      live: null,
      log: { debug: quiet, info: quiet, warn: ({ sentence }) => void said.push(sentence), error: quiet },
      fleet: fleet.open(),
      source: { newest: (before) => ((asked += 1), newest(before)) },
      blobs: new BlobStore(state),
      clock,
    },
    { limitMs: 70_000, sleep, isLongAway: async () => false, ...more },
  );
  return whyStopped(runtime);
}

describe('keepalived', () => {
  it('starts without a question to the repository where the others have the same commit', async () => {
    expect(await away({ isLongAway: async () => true })).toBeNull();
    expect(asked).toBe(0);
  });
  it('starts where they have another commit, and it changes nothing that all must agree on', async () => {
    fleet.others(HAS_2);
    expect(await away()).toBeNull();
    expect(asked).toBe(1);
  });
  it('stays stopped where they have moved to another VRID', async () => {
    fleet.others(HAS_2);
    newest = async () => found(OTHER_VRID);
    expect(await away()).toContain(`${NODE[2]} and ${NODE[3]} have another virtual IP`);
  });
  it('starts where nobody answers, and the repository was reached not long ago', async () => {
    fleet.others({ failed: 'no route to host' });
    expect(await away()).toBeNull();
    expect(asked).toBe(0);
  });
});

describe('a repository that takes every packet and answers none', () => {
  beforeEach(() => {
    fleet.others(HAS_2);
    newest = () => never;
  });
  it('holds up keepalived for no longer than the limit, and it is said', async () => {
    expect(await away()).toBeNull();
    expect(said.join()).toMatch(/goes by what is known here: it did not answer within 70 s\./);
  });
  it('does not hold up what is known already', async () => {
    await openAgreement(fleet.state).differs(commitOf(1).sha, sha);
    let meanwhile: string | null = null;
    newest = async () => {
      meanwhile = await whyStopped(fleet.runtime);
      return never;
    };
    expect(await away()).toContain('have another virtual IP');
    expect(meanwhile).toContain('have another virtual IP');
  });
});

it('a repository that cannot be reached is asked again until the limit, and the reason is said', async () => {
  fleet.others(HAS_2);
  newest = async () => ({ newest: null, head: null, ok: false, why: 'The Git server refused.' });
  const fromMs = fleet.nowMs;
  expect(await away()).toBeNull();
  expect(said.join()).toContain('The Git server refused.');
  expect(asked).toBeGreaterThan(3);
  expect(fleet.nowMs - fromMs).toBeLessThanOrEqual(70_000);
  asked = 0;
  await away({ tries: 1 });
  expect(asked).toBe(1);
});
