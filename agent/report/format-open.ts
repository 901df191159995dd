import { nameOf } from '../health/live-fact.ts';
import { stepName } from '../plan/change.ts';
import type { Begin, Deadline, Phase } from '../transaction/phase.ts';
import { age } from './times.ts';
import { STUCK_NEXT } from './told-end.ts';
import { ended } from './told.ts';

/** Now, by both clocks: deadlines are of one boot's monotonic clock (`Deadline`). */
export type Moment = { readonly nowMs: number; readonly boot: string; readonly monotonicMs: number };
type Of<Name extends Phase['phase']> = Extract<Phase, { phase: Name }>;

/** A change that is under way, as one sentence; `null`: none is. */
export function formatOpen(phase: Phase, now: Moment): string | null {
  if (phase.phase === 'idle') return null;
  const { begin } = phase;
  return `Under way for ${age(now.nowMs - begin.atMs)}: ${begin.of}: ${whatGoesOn(phase, now)}`;
}

function whatGoesOn(phase: Exclude<Phase, { phase: 'idle' }>, now: Moment): string {
  switch (phase.phase) {
    case 'applying':
      return applying(phase);
    case 'verifying':
      return `verifying: ${verifying(phase, now)}`;
    case 'rollingBack':
      return `it is being taken back, because: ${ended(phase.why.seen)}`;
    case 'stuck':
      return stuck(phase, now);
    case 'settling':
      return `it was ${phase.outcome === 'committed' ? 'kept' : 'taken back'}; the last of it is being written down.`;
  }
}

/** The step that was announced last is the one that is being made. */
function applying({ begin: { steps }, announced }: Of<'applying'>): string {
  const step = steps[announced - 1];
  return step === undefined
    ? `about to make the first of ${count(steps)}.`
    : `applying: step ${announced} of ${steps.length}: ${stepName(step)}.`;
}

const count = ({ length }: Begin['steps']): string => (length === 1 ? '1 step' : `${length} steps`);

function verifying({ begin, live, deadline, resumed, reboots }: Of<'verifying'>, now: Moment): string {
  const daemons = (begin.health?.live ?? []).map(nameOf).join(', ');
  const what = live
    ? 'waiting until the health checks have passed'
    : `waiting until ${daemons === '' ? 'everything' : daemons} runs with the change`;
  return `${what}, ${atMost(deadline, now)}${again(resumed, reboots)}.`;
}

function atMost({ boot, monotonicMs }: Deadline, now: Moment): string {
  return boot === now.boot
    ? `at most ${age(monotonicMs - now.monotonicMs)} more`
    : 'for which the time begins anew after the reboot';
}

function again(resumed: number, reboots: number): string {
  if (resumed === 0) return '';
  const how = resumed === 1 ? 'once' : `${resumed} times`;
  return ` (taken up again ${how} after an interruption${reboots === 0 ? '' : ', the host was booted meanwhile'})`;
}

function stuck({ why, stuck: { seen }, attempt, again: next }: Of<'stuck'>, now: Moment): string {
  const tried = attempt === 1 ? 'once' : `${attempt} times`;
  const leftMs = next.boot === now.boot ? next.monotonicMs - now.monotonicMs : 0;
  const when = leftMs > 0 ? `in ${age(leftMs)}` : 'in the next cycle';
  return `stuck on its way back, tried ${tried}: ${ended(seen)} It is to go back because of this: ${ended(why.seen)} The next try is ${when}. ${STUCK_NEXT}`;
}
