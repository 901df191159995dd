import type { StateDirectory } from '../host/host.ts';
import { age } from '../report/times.ts';
import { shortSha } from '../plan/format-plan.ts';
import { generationBefore, keptGenerations, sayTheSame, type Kept } from '../source/kept-generations.ts';
import type { Generation } from '../transaction/generations.ts';
import type { Ledger } from '../transaction/ledger.ts';
import { CommandRefused, EXIT } from './environment.ts';

/** The generation that `holdfast rollback [GENERATION]` means. Throws a sentence that names those there are. */
export async function wantedGeneration(
  name: string | undefined,
  state: StateDirectory,
  ledger: Ledger,
  nowMs: number,
): Promise<Generation> {
  if (ledger.generation === 0)
    throw new CommandRefused(
      'No desired state has been in force on this host yet, so there is none to go back to.',
    );
  const kept = await keptGenerations(state, ledger);
  const list = listed(kept, ledger, nowMs);
  const wanted = name === undefined ? generationBefore(kept, ledger) : named(name, kept, list);
  if (wanted === null)
    throw new CommandRefused(`This host has no older generation that says something else. It has:\n${list}`);
  if ('damage' in wanted)
    throw new CommandRefused(
      `Generation ${wanted.number} cannot be brought back: ${wanted.damage}. Name another one:\n${list}`,
    );
  refuseInForce(wanted, kept, ledger);
  return wanted.generation;
}

function named(name: string, kept: readonly Kept[], list: string): Kept {
  if (!/^\d{1,9}$/.test(name))
    throw new CommandRefused(
      `"${name}" is not the number of a generation. This host has:\n${list}`,
      EXIT.usage,
    );
  const found = kept.find(({ number }) => number === Number(name));
  if (found !== undefined) return found;
  throw new CommandRefused(`There is no generation ${Number(name)} on this host. It has:\n${list}`);
}

function refuseInForce(wanted: Kept, kept: readonly Kept[], { generation }: Ledger): void {
  const inForce = kept.find(({ number }) => number === generation);
  const same = sayTheSame(wanted, inForce);
  if (wanted.number !== generation && !same) return;
  const how =
    wanted.number === generation
      ? `Generation ${generation} is in force already`
      : `Generation ${wanted.number} says the same as generation ${generation}, which is in force already`;
  throw new CommandRefused(`${how}: nothing was done. To keep newer commits away from it: holdfast pause`);
}

function listed(kept: readonly Kept[], { generation }: Ledger, nowMs: number): string {
  const width = String(generation).length;
  const rows = kept.map((one) => {
    const mark = one.number === generation ? ' (in force)' : '';
    return `  ${String(one.number).padStart(width)}  ${'damage' in one ? one.damage : described(one.generation, nowMs)}${mark}`;
  });
  return rows.length === 0 ? '  none' : rows.join('\n');
}

function described({ commit, atMs }: Generation, nowMs: number): string {
  const what =
    commit === null ? 'from a directory' : `${shortSha(commit.sha)} "${commit.subject}" by ${commit.author}`;
  return `${`${age(nowMs - atMs)} ago`.padEnd(12)}  ${what}`;
}
