import type { Host, Json } from '../host/host.ts';
import type { Change, Step } from '../plan/change.ts';
import { observe } from '../plan/observe.ts';
import { order } from '../plan/order.ts';
import { refreshedUnits, runningAfter } from '../plan/refreshed-units.ts';
import { parts, type Id, type Kinds } from '../resources/kind.ts';
import { unlike } from './apply.ts';
import { unitChange } from './begin.ts';
import { BlobLost, type BlobStore } from './blobs.ts';
import { comeBack } from './come-back.ts';
import { blobRefsIn } from './generations.ts';
import type { HandOverTools } from './hand-over-tools.ts';
import { leaving } from './hand-over.ts';
import { madeDurable } from './made-durable.ts';
import type { Begin } from './phase.ts';
import { runWhatCanBe, StepsFailed } from './run-steps.ts';

/** `at boot`: before the daemons start. `again`: an earlier time did not come to its end. */
export type Time = 'the first' | 'again' | 'at boot';

/**
 * INVARIANTS
 *  - The way back is a plan: from what is observed now to the before-states, over everything that was announced, in
 *    the order of the one function that orders everything. Doing it again, from anywhere in the middle, is harmless.
 *  - What cannot be put back does not keep the rest from being put back.
 *  - Afterwards what is observed is what was before, or it is said (deploy-rs#241).
 */
export async function goBack(
  begin: Begin,
  announced: number,
  tools: {
    readonly kinds: Kinds;
    readonly host: Host;
    readonly blobs: BlobStore;
    readonly bootId: () => Promise<string>;
    readonly handOver: HandOverTools | null;
    readonly announce: (step: Step) => void;
  },
  time: Time = 'the first',
): Promise<void> {
  const { kinds, host, blobs } = tools;
  const hasBooted = begin.boot !== (await tools.bootId());
  const undo = await wayBack(begin, announced, hasBooted || time === 'again', kinds, host);
  await recallWhatIsLeft(undo.changes, blobs);
  const steps = time === 'at boot' ? undo.steps.flatMap(beforeUnitsStart) : undo.steps;
  const place = begin.health?.facts ?? null;
  const handOver = leaving(place, tools.handOver);
  const failure = await runWhatCanBe({ ...undo, steps }, kinds, host, async (step) => {
    tools.announce(step);
    await handOver.before(step);
  }).then(
    () => null,
    (cause: unknown) => {
      if (cause instanceof StepsFailed) return cause;
      throw cause;
    },
  );
  await madeDurable(steps, host);
  if (time !== 'at boot') await comeBack(place, tools.handOver);
  if (time === 'at boot' && failure === null) return;
  const wrong = await unlike(undo.changes, kinds, host);
  // A command that failed and left the host as it was before is no failure.
  const isInDoubt = failure?.steps.some((step) => cannotBeSeen(step, begin)) === true;
  if (wrong.size > 0 || isInDoubt) throw new NotAsBefore([...wrong.values()], failure);
}

/**
 * Whether a daemon has read its files again, and whether the kernel has the rules that are in ufw's files, nobody looks
 * at: there the command's word counts. Of one that ended again and again before, it says nothing.
 */
function cannotBeSeen(step: Step, { units }: Begin): boolean {
  if (step.do === 'enforce') return parts(step.id)[0] === 'ufw-rules';
  const before = step.do === 'refresh' ? units[step.unit] : undefined;
  return !(typeof before === 'object' && before !== null && 'looping' in before);
}

/** Bytes that are gone keep their own file from coming back, and its step says so; the rest comes back. */
async function recallWhatIsLeft(changes: readonly Change[], blobs: BlobStore): Promise<void> {
  for (const ref of blobRefsIn(changes.map(({ to }) => to)))
    await blobs.recall([ref]).catch((cause: unknown) => {
      if (!(cause instanceof BlobLost)) throw cause;
    });
}

/** The rollback itself did not lead to what was before. */
export class NotAsBefore extends Error {
  override readonly name = 'NotAsBefore';
  constructor(wrong: readonly string[], cause: unknown) {
    const because = cause instanceof Error ? cause.message : '';
    super(wrong.length === 0 ? because : `${wrong.join('; ')}${because === '' ? '' : ` (${because})`}`, {
      cause,
    });
  }
}

type WayBack = { readonly changes: readonly Change[]; readonly steps: readonly Step[] };

async function wayBack(
  begin: Begin,
  announced: number,
  mayHaveReadOthers: boolean,
  kinds: Kinds,
  host: Host,
): Promise<WayBack> {
  const done = begin.steps.slice(0, announced);
  const touched = new Set(done.flatMap((step) => (step.do === 'enforce' ? [step.id] : [])));
  const refreshed = new Set(done.flatMap((step) => (step.do === 'refresh' ? [step.unit] : [])));
  // A unit that a refresh ended (keepalived exits on a bad reload) is started again.
  const ended = [...refreshed].filter((name) => !touched.has(`unit[${name}]`) && name in begin.units);
  const changed = [
    ...begin.changes.filter(({ id }) => touched.has(id)),
    ...ended.map((name) => unitChange(name, begin.units[name]!)),
  ];
  const now = await observe(new Map(changed.map(({ id, scope }) => [id, scope])), kinds, host);
  // What cannot be looked at now is brought back all the same: enforcing asks nothing of what is there.
  const undo = changed.map((change): Change => ({
    ...change,
    from: now.states.get(change.id) ?? change.to,
    to: change.from,
    why: 'undo',
  }));
  const notified = undo.flatMap(({ notify }) => notify);
  const units = await refreshedUnits(notified, host);
  const counts = (step: Step): boolean => host.live !== null || step.do === 'enforce';
  // A daemon that came up with the host, or on an earlier way back, has read what was there then, told to or not.
  const mayRefresh = (unit: string): boolean => mayHaveReadOthers || refreshed.has(unit);
  const steps = order(undo, kinds, runningAfter(undo, units), mayRefresh).filter(counts);
  return { changes: undo, steps };
}

/**
 * What may be done while the host boots, before the daemons start: files, kernel parameters, rules, enablement. A
 * start or a refresh from there would wait for itself (mig-parted#408), so that is left to the agent.
 */
function beforeUnitsStart(step: Step): readonly Step[] {
  if (step.do === 'refresh') return [];
  if (step.do === 'daemon-reload' || parts(step.id)[0] === 'package')
    return step.do === 'daemon-reload' ? [step] : [];
  if (parts(step.id)[0] !== 'unit') return [step];
  return [{ ...step, to: enablementOf(step.id, step.to) }];
}

function enablementOf(_id: Id, to: Json): Json {
  return typeof to === 'object' && to !== null
    ? { ...to, running: null }
    : { enabled: false, running: null, hold: null };
}
