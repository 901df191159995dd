import type { NotNow, Plan } from './plan/change.ts';
import { choose, type Choice } from './plan/choose.ts';
import { contested, readCorrections } from './plan/contested.ts';
import type { Held } from './report/status.ts';
import { canonical, type Id, type Resource } from './resources/kind.ts';
import type { Found } from './source/source.ts';
import type { Tools } from './tools.ts';
import { BlobLost, type BlobStore } from './transaction/blobs.ts';
import { asCandidate, blobRefsIn, type Generation } from './transaction/generations.ts';
import { pinnedTo, releasedBy } from './transaction/holds.ts';
import { whyNotAgain } from './transaction/quarantine.ts';
import type { Recovered } from './transaction/recover.ts';

export type Considered = { readonly choice: Choice; readonly held: Held | null };

/** The newest commit, or, where something speaks against it or holds it back, the generation in force. */
export async function consider(
  found: Found,
  { ledger, committed }: Recovered,
  tools: Tools,
  leave: ReadonlyMap<Id, string> = new Map(),
): Promise<Considered> {
  if (found.newest !== null && typeof found.newest === 'object' && 'noDesiredState' in found.newest)
    return { choice: { plan: null, refused: null }, held: null };
  const asked = found.again !== undefined;
  const isReleased = !asked && releasedBy(ledger) !== null;
  const held = asked || isReleased ? null : pinnedTo(found.head, ledger);
  const newest = found.newest === 'committed' || isReleased || held !== null ? null : found.newest;
  if (newest !== null && 'blobs' in newest) tools.blobs.adopt(newest.blobs);
  const { kinds, bench, guards, blobs, clock } = tools;
  const corrections = await readCorrections(tools.runtime);
  const choice = await choose({
    newest,
    known: {
      inventory: ledger.inventory,
      committed: committed === null ? null : asCandidate(committed),
    },
    kinds,
    bench,
    guards,
    held: leave,
    recall: (plan) => recall(plan, blobs),
    tried: (plan) => (asked ? null : whyNotAgain(plan, ledger.quarantine, askedAnew(plan, committed))),
    contested: ({ changes }) => contested(corrections, changes, clock.now()),
  });
  return { choice, held };
}

/** Whether a plan says something else of a resource than the generation in force. */
function askedAnew({ of }: Plan, committed: Generation | null): (id: Id) => boolean {
  const specOf = (resources: readonly Resource[], id: Id): string => {
    const found = resources.find((resource) => resource.id === id);
    return found === undefined ? 'nothing' : canonical(found.spec);
  };
  return (id) => specOf(of.resources, id) !== specOf(committed?.candidate.resources ?? [], id);
}

/** Brings the bytes that the plan speaks of to hand; says whose are lost. */
async function recall({ changes }: Plan, blobs: BlobStore): Promise<readonly NotNow[]> {
  const lost: NotNow[] = [];
  for (const { id, from, to } of changes)
    try {
      await blobs.recall(blobRefsIn([from, to]));
    } catch (cause) {
      if (!(cause instanceof BlobLost)) throw cause;
      lost.push({ id, why: cause.message });
    }
  return lost;
}
