import type { StateDirectory } from '../host/host.ts';
import type { LastChange } from '../report/status.ts';
import { tidy } from './commit.ts';
import { hasNoPart } from './hand-over-tools.ts';
import type { Journal } from './journal.ts';
import { readLedger, writeLedger, type Ledger } from './ledger.ts';
import type { Phase } from './phase.ts';
import { putRight } from './put-right.ts';
import { giveReserve } from './reserve.ts';
import { goBack, type Time } from './rollback.ts';
import { lastChangeOf, settled } from './settle.ts';
import type { Transacting } from './transacting.ts';
import { verify } from './verify.ts';

export type Concluded = { readonly ledger: Ledger; readonly done: LastChange };

type Going = Extract<Phase, { phase: 'rollingBack' | 'stuck' }>;

/**
 * Takes an open transaction to its end, from wherever it stands. What it ends as is told by `done.end`. `wayBack`: whether
 * one was under way when the agent was ended.
 */
export async function conclude(
  journal: Journal,
  tools: Transacting,
  wayBack: 'the first' | 'again' = 'the first',
): Promise<Concluded> {
  for (;;) {
    const { phase } = journal;
    switch (phase.phase) {
      case 'idle':
      case 'applying':
        throw new Error(`a transaction that is ${phase.phase} has nothing to conclude`);
      case 'verifying':
        await verify(phase, journal, tools);
        break;
      case 'rollingBack':
      case 'stuck':
        if (await goneBack(phase, journal, tools, phase.phase === 'stuck' ? 'again' : wayBack)) break;
        return {
          ledger: await readLedger(tools.state),
          done: lastChangeOf(journal.phase as Extract<Phase, { phase: 'stuck' }>, tools.clock.now()),
        };
      case 'settling':
        return settle(phase, journal, tools);
    }
  }
}

async function goneBack(
  { begin, announced, ...phase }: Going,
  journal: Journal,
  tools: Transacting,
  time: Time,
): Promise<boolean> {
  tools.progress(`taking back ${begin.of}`);
  const failure = await goBack(begin, announced, tools, time).then(
    () => null,
    (cause: unknown) => (cause instanceof Error ? cause.message : String(cause)),
  );
  if (failure === null) {
    await journal.append({ t: 'end', outcome: 'rolledBack', degraded: false, vipWell: false, note: null });
    return true;
  }
  const attempt = phase.phase === 'stuck' ? phase.attempt + 1 : 1;
  const again = {
    boot: await tools.bootId(),
    monotonicMs: Math.round(tools.clock.monotonicMs() + backoffMs(attempt)),
  };
  await journal.appendLast({ t: 'stuck', why: { where: 'back', seen: failure }, attempt, again });
  return false;
}

/** Half a minute, a minute, … a quarter of an hour: a file system that was remounted is noticed soon enough. */
export const backoffMs = (attempt: number): number => Math.min(15_000 * 2 ** attempt, 900_000);

/** A disk that has become full meanwhile must not keep a change from its end: nothing else could begin until then. */
async function writeInAnyRoom(ledger: Ledger, state: StateDirectory): Promise<void> {
  try {
    await writeLedger(state, ledger);
  } catch {
    await giveReserve(state);
    await writeLedger(state, ledger);
  }
}

/**
 * The ledger first: when the journal is gone, it is the only one that knows. The journal last: until then a power cut
 * is made up for by doing all of it again.
 */
export async function settle(
  phase: Extract<Phase, { phase: 'settling' }>,
  journal: Journal,
  tools: Transacting,
): Promise<Concluded> {
  const before = await readLedger(tools.state);
  const ledger = settled(before, phase, tools.clock.now());
  if (ledger !== before) await writeInAnyRoom(ledger, tools.state);
  // What cannot be cleared away now is cleared away after the next change, and holds up nobody.
  await tidy(ledger, tools).catch(() => undefined);
  await journal.remove();
  const isGone =
    phase.outcome === 'committed' && phase.begin.health !== null && hasNoPart(phase.begin.health.facts);
  await putRight(tools.handOver, !isGone);
  const done = ledger.history.at(-1)!;
  if (phase.outcome === 'committed' || phase.begin.health === null || tools.health === null)
    return { ledger, done };
  const vipAfter = await tools.health.vipAfter(phase.begin.health);
  return { ledger, done: vipAfter === null ? done : { ...done, vipAfter } };
}
