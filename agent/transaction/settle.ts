import { stepName } from '../plan/change.ts';
import type { LastChange } from '../report/status.ts';
import type { Ledger } from './ledger.ts';
import type { Begin, Phase, Settling } from './phase.ts';
import { withQuarantined } from './quarantine.ts';

/** A person looks back a few weeks; a card should not be worn for more. */
const HISTORY = 30;

/** The ledger once a transaction has ended. Doing it twice is doing it once: a power cut may come in between. */
export function settled(ledger: Ledger, phase: Settling, nowMs: number): Ledger {
  const { begin } = phase;
  if (ledger.tx >= begin.tx) return ledger;
  const everWell = ledger.everWell || begin.everWell || phase.vipWell;
  const history = [...ledger.history, lastChangeOf(phase, nowMs)].slice(-HISTORY);
  const after = { ...ledger, tx: begin.tx, everWell, history };
  if (phase.outcome === 'committed')
    return {
      ...after,
      generation: begin.generation,
      pinned: begin.pinned,
      inventory: new Map(begin.inventory.map((managed) => [managed.id, managed])),
    };
  if (!phase.quarantine) return after;
  const { tx, of, commit, quarantine: pairs } = begin;
  const entry = { tx, atMs: nowMs, of, commit, why: phase.why?.seen ?? '', pairs };
  return { ...after, quarantine: withQuarantined(ledger.quarantine, entry) };
}

/** How it is told. */
export function lastChangeOf(
  phase: Settling | Extract<Phase, { phase: 'stuck' }>,
  nowMs: number,
): LastChange {
  const { begin } = phase;
  const kept = phase.phase === 'settling' && phase.outcome === 'committed';
  return {
    ...toldOf(begin),
    tookMs: Math.max(0, nowMs - begin.atMs),
    generation: kept ? begin.generation : begin.before,
    end: endOf(phase),
    failure: kept ? null : (phase.why?.seen ?? null),
    note: phase.phase === 'stuck' ? phase.stuck.seen : phase.note,
    quarantined: phase.quarantine && begin.quarantine.length > 0,
  };
}

function endOf(phase: Settling | Extract<Phase, { phase: 'stuck' }>): LastChange['end'] {
  if (phase.phase === 'stuck') return 'stuck';
  if (phase.outcome === 'rolledBack') return 'rolled back';
  return phase.degraded ? 'degraded' : 'committed';
}

const toldOf = ({ tx, atMs, of, commit, reported, steps }: Begin) => ({
  tx,
  atMs,
  of,
  commit,
  changes: reported,
  steps: steps.filter((step) => step.do !== 'enforce').map(stepName),
});
