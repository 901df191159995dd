import type { StateDirectory } from '../host/host.ts';
import type { LastChange } from '../report/status.ts';
import { GenerationDamaged, readGeneration, type Generation } from './generations.ts';
import { openJournal, type Journal } from './journal.ts';
import { readLedger, type Ledger } from './ledger.ts';
import { putRight } from './put-right.ts';
import type { Transacting } from './transacting.ts';

export type Recovered = {
  readonly ledger: Ledger;
  readonly committed: Generation | null;
  /** Why there is no generation although one is in force, as a sentence. */
  readonly lost: string | null;
};

export type Recovery = {
  readonly stands: Recovered;
  /** A transaction that was open, and how it ended. */
  readonly ended: LastChange | null;
  /** One that cannot be ended yet. */
  readonly stuck: Stuck | null;
};

export type Stuck = { readonly journal: Journal; readonly told: LastChange };

/**
 * Where this host stands, once a transaction that was open has been taken to its end. A lost generation must not keep
 * the host from the repository: the newest commit is rendered and planned anew, and what was first seen is in the
 * ledger.
 */
export async function recover(tools: Transacting, mayAct: boolean): Promise<Recovery> {
  const journal = await openJournal(tools.state);
  if (journal.phase.phase === 'idle' && mayAct) await putRight(tools.handOver);
  if (journal.phase.phase === 'idle' || !mayAct)
    return { stands: await standing(tools), ended: null, stuck: null };
  // The way back and all that belongs to it: loaded only where there is something to end.
  const { takeUp } = await import('./take-up.ts');
  const concluded = await takeUp(journal, tools);
  const stands = await standing(tools);
  if (concluded.done.end !== 'stuck') return { stands, ended: concluded.done, stuck: null };
  return { stands, ended: null, stuck: { journal, told: concluded.done } };
}

async function standing({ state }: Pick<Transacting, 'state'>): Promise<Recovered> {
  const ledger = await readLedger(state);
  const found = ledger.generation === 0 ? null : await read(state, ledger.generation);
  return typeof found === 'string'
    ? { ledger, committed: null, lost: lost(found) }
    : { ledger, committed: found, lost: null };
}
async function read(state: StateDirectory, generation: number): Promise<Generation | string> {
  try {
    return (await readGeneration(state, generation)) ?? `generation ${generation} is missing`;
  } catch (cause) {
    if (cause instanceof GenerationDamaged) return cause.message;
    throw cause;
  }
}

const lost = (why: string): string =>
  `The desired state in force cannot be read (${why}). It is rendered again from the repository; until then drift is not put right.`;
