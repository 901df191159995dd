import { carryOut, type End } from './carry-out.ts';
import { consider, type Considered } from './consider.ts';
import { endTurn } from './fleet/take-turn.ts';
import type { Choice } from './plan/choose.ts';
import { report } from './report/report.ts';
import type { LastChange, Status } from './report/status.ts';
import { acceptHistory } from './source/accept-history.ts';
import type { Found } from './source/source.ts';
import type { Tools } from './tools.ts';
import { readPause } from './transaction/pause.ts';
import { recover, type Recovered, type Stuck } from './transaction/recover.ts';

export type { Tools };

export type Mode = 'apply' | 'dry run';

export type Cycle = {
  readonly status: Status;
  readonly choice: Choice;
  /** The transactions that ended in it. */
  readonly done: readonly LastChange[];
};

/**
 * One cycle: this host is brought to what the repository says, or it is said why not. The bytes that the plan speaks
 * of stay in `tools.blobs` for whoever shows it; a caller that goes on forgets them.
 */
export async function converge(tools: Tools, mode: Mode = 'apply'): Promise<Cycle> {
  const { stands, ended, stuck } = await recover(tools, mode === 'apply');
  const found = await tools.source.newest({ accepted: stands.ledger.accepted, committed: stands.committed });
  const accepted = mode === 'apply' ? await acceptHistory(found, stands, tools.state) : stands;
  const considered = await consider(found, accepted, tools);
  // A person who asks for an older generation has been told of the pause.
  const paused = found.again === undefined ? await readPause(tools.state, tools.clock.now()) : null;
  const mayAct = mode === 'apply' && paused === null;
  const end = mayAct
    ? await act(considered, stuck, found, accepted, tools)
    : { ...accepted, ...considered, done: [], stuck: stuck?.told ?? null };
  const done = [...(ended === null ? [] : [ended]), ...end.done];
  const status = await report({ found, mode, paused, ...end, done }, tools);
  if (mode === 'apply') await endTurn(status, tools.fleet);
  return { status, choice: end.choice, done };
}

/** An older change that cannot be taken back holds up everything but a newer commit that replaces it. */
async function act(
  considered: Considered,
  stuck: Stuck | null,
  found: Found,
  at: Recovered,
  tools: Tools,
): Promise<End> {
  if (stuck === null) return carryOut(considered, found, at, tools);
  const { supersede } = await import('./transaction/supersede.ts');
  const past = await supersede(stuck, considered.choice, found, tools);
  if (past === null) return { ...at, ...considered, done: [], stuck: stuck.told };
  // Planned once more, for what was first seen is known only now.
  const after = { ...at, ledger: past.ledger };
  const end = await carryOut(await consider(found, after, tools), found, after, tools);
  return { ...end, done: [past.done, ...end.done] };
}
