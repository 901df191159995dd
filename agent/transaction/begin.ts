import type { Json } from '../host/host.ts';
import type { Before } from '../health/health.ts';
import { isInForce, type Change, type Plan } from '../plan/change.ts';
import { describeChanges, formatFrom } from '../plan/format-plan.ts';
import { observe } from '../plan/observe.ts';
import { isVipCheck } from '../health/well-vip.ts';
import { seenNow, type Committed } from './commit.ts';
import { blobRefsIn } from './generations.ts';
import type { Journal } from './journal.ts';
import type { Ledger, Pinned } from './ledger.ts';
import type { Begin } from './phase.ts';
import { pairsOf } from './quarantine.ts';
import { takeReserve } from './reserve.ts';
import type { Moment } from './together.ts';
import type { Transacting } from './transacting.ts';

/** What is settled before a transaction begins. */
export type Beginning = Committed & {
  readonly plan: Plan;
  readonly ledger: Ledger;
  readonly health: Before | null;
  readonly pinned: Pinned | null;
  readonly moment: Moment | null;
};

/**
 * INVARIANTS
 *  - When this returns, everything that going back needs is on disk: every before-state and its bytes, how the units
 *    that are refreshed were, and room for the way back.
 *  - Nothing of the host has been touched.
 */
export async function begin(beginning: Beginning, journal: Journal, tools: Transacting): Promise<void> {
  const { plan, ledger } = beginning;
  const goingBack = blobRefsIn(plan.changes.map(({ from }) => from));
  await takeReserve(tools.state, sum(goingBack.map(({ size }) => size)));
  await tools.blobs.keep(blobRefsIn([plan.changes, seenNow(beginning, ledger)]));
  await journal.append(await entryOf(beginning, tools));
}

const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);

async function entryOf(
  beginning: Beginning,
  { kinds, host, blobs, clock, bootId }: Transacting,
): Promise<Begin> {
  const { plan, of, ledger, generation, inventory, health, pinned, moment } = beginning;
  const { changes, steps } = plan;
  const names = steps.flatMap((step) => (step.do === 'refresh' ? [step.unit] : []));
  const units = await observe(new Map(names.map((name) => [`unit[${name}]`, RUNNING])), kinds, host);
  return {
    t: 'begin',
    version: 1,
    tx: ledger.tx + 1,
    atMs: clock.now(),
    boot: await bootId(),
    of: formatFrom(plan.of.from),
    commit: of === null ? null : { sha: of.sha, author: of.author, subject: of.subject },
    before: ledger.generation,
    generation,
    changes,
    reported: describeChanges(plan, kinds, (blob) => blobs.text(blob)).map(({ id, why, summary }) => ({
      id,
      why,
      summary,
    })),
    steps,
    units: Object.fromEntries(names.flatMap((name) => asBefore(name, units.states.get(`unit[${name}]`)))),
    health,
    inventory: [...inventory.values()],
    quarantine: isInForce(plan.of) ? [] : pairsOf(changes),
    everWell: ledger.everWell || vipPassed(health),
    pinned,
    ...(moment === null ? {} : { togetherAtMs: moment.atMs }),
  };
}

const RUNNING: Json = ['running'];
const asBefore = (name: string, state: Json | undefined): readonly (readonly [string, Json])[] =>
  state === undefined ? [] : [[name, state]];

/** A unit that is refreshed and not changed otherwise, as a change of its own on the way back. */
export const unitChange = (name: string, before: Json): Change => ({
  id: `unit[${name}]`,
  scope: RUNNING,
  secret: false,
  notify: [],
  requires: [],
  from: before,
  to: before,
  why: 'undo',
});

function vipPassed(health: Before | null): boolean {
  if (health === null) return false;
  const { vip } = health.facts.cluster;
  const { passed, failed } = health.gate.baseline;
  const isVip = isVipCheck(vip);
  return passed.some(isVip) && !failed.some(({ id }) => isVip(id));
}
