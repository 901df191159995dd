import type { StateDirectory } from '../host/host.ts';
import { capital } from '../report/told.ts';
import { JOURNAL_FILE, journalOrDamage, type Journal } from '../transaction/journal.ts';
import { JournalDamaged, type Phase } from '../transaction/phase.ts';
import { CommandRefused, EXIT, type CommonOptions, type Environment } from './environment.ts';
import { placesUnder } from './places.ts';
import { withLock } from './with-lock.ts';

type Stuck = Extract<Phase, { phase: 'stuck' }>;

/**
 * `holdfast settle`: a change that can be neither kept nor taken back is over, and this host is what it is now. Only the
 * journal is written: the next cycle finds that the transaction has ended, and tells the ledger.
 */
export async function settleCommand(options: CommonOptions, environment: Environment): Promise<number> {
  const { machine, out } = environment;
  const places = placesUnder(options.root, options.config);
  const state = machine.openStateDirectory(places.state);
  return withLock(places.lock, 'holdfast settle', environment, async () => {
    const journal = await journalOrDamage(state);
    const told =
      journal instanceof JournalDamaged
        ? await setAside(journal, state, machine.clock.now())
        : await accept(journal, environment.user);
    out(options.json === true ? `${JSON.stringify(told.json)}\n` : `${told.sentences.join('\n')}\n`);
    return EXIT.ok;
  });
}

type Told = { readonly json: object; readonly sentences: readonly string[] };

async function accept(journal: Journal, by: string): Promise<Told> {
  const { phase } = journal;
  if (phase.phase !== 'stuck') return { json: { settled: null }, sentences: [notStuck(phase)] };
  const note = `It could not be put back as it was (${phase.stuck.seen}), and was accepted as it is by ${by}.`;
  await journal.append({ t: 'end', outcome: 'rolledBack', degraded: false, vipWell: false, note });
  const { of, tx } = phase.begin;
  return {
    json: { settled: { tx, of, why: phase.why.seen, differs: phase.stuck.seen } },
    sentences: settledSentences(phase),
  };
}

function settledSentences({ begin, why, stuck, attempt, quarantine }: Stuck): readonly string[] {
  const again = quarantine
    ? ' The same change is not tried again before a commit changes it, or "holdfast retry".'
    : '';
  return [
    `${capital(begin.of)} failed (${why.seen}) and could not be taken back either, tried ${attempt === 1 ? 'once' : `${attempt} times`}. What differs from before it:`,
    `  ${stuck.seen}`,
    `That is accepted: this host counts as taken back to generation ${begin.before}. From the next cycle on, what differs from it is drift, and is put right where it can be.${again}`,
    '"sudo systemctl reload holdfast" begins a cycle now.',
  ];
}

function notStuck(phase: Exclude<Phase, Stuck>): string {
  if (phase.phase === 'idle') return 'Nothing is stuck on this host, and no change is under way.';
  const { of } = phase.begin;
  return `Nothing is stuck on this host. A change is under way (${of}), and the agent brings it to its end: "holdfast status" shows how far it is.`;
}

/** Damage is never guessed at: the journal is kept for whoever can read it, and counts no more. */
async function setAside(damage: JournalDamaged, state: StateDirectory, nowMs: number): Promise<Told> {
  const name = `damaged-journal-${nowMs}`;
  const bytes = await state.read(JOURNAL_FILE);
  if (bytes === null) throw new CommandRefused('The journal has just gone. Look again: holdfast status');
  await state.replace(name, bytes);
  await state.remove(JOURNAL_FILE);
  return {
    json: { damaged: damage.message, movedTo: `${state.path}/${name}` },
    sentences: [
      `The record of a change that had not ended is damaged. It is now ${state.path}/${name} and counts no more: this host is accepted as it is.`,
      'What that change had done stays done, and nothing is taken back for it. The next cycle plans anew: what differs from the desired state is changed, and the change may be tried again. If you do not trust it, push a commit without it first, or: holdfast pause',
    ],
  };
}
