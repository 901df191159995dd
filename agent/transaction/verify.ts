import type { Failed } from '../health/check.ts';
import type { Before, Until } from '../health/health.ts';
import { LIVE_LIMIT_MS } from '../health/live.ts';
import { unlike } from './apply.ts';
import { comeBack } from './come-back.ts';
import { hasNoPart } from './hand-over-tools.ts';
import { interrupted } from './interrupted.ts';
import type { Journal } from './journal.ts';
import type { Begin, Deadline, Entry, Failure, Phase } from './phase.ts';
import { takeBack } from './take-back.ts';
import type { Transacting } from './transacting.ts';

type Verifying = Extract<Phase, { phase: 'verifying' }>;

/** So often verifying may be taken up again before the change itself is suspected of ending it. */
const RESUMED = 3;

/** All steps are done and seen to be. Announced first, so that from here on time is no verdict. */
export async function beginVerifying(journal: Journal, tools: Transacting): Promise<void> {
  await recorded({ t: 'verify', deadline: await after(LIVE_LIMIT_MS, tools) }, journal, tools);
}

/**
 * A disk that keeps no record any more (full, read-only) has the change taken back: it would be in force, and nobody
 * would ever judge it. That says nothing about the change.
 */
async function recorded(entry: Entry, journal: Journal, tools: Transacting): Promise<boolean> {
  try {
    await journal.append(entry);
    return true;
  } catch (cause) {
    await takeBack(unrecorded(cause), false, journal, tools);
    return false;
  }
}

const unrecorded = (cause: unknown): Failure => ({
  where: 'record',
  seen: `how far it is could not be recorded: ${cause instanceof Error ? cause.message : String(cause)}`,
});

/** After an interruption both windows are taken anew; not for ever, for the change may be what interrupts. */
export async function resumeVerifying(journal: Journal, tools: Transacting): Promise<void> {
  const deadline = await after(LIVE_LIMIT_MS, tools);
  const { begin } = journal.phase as Verifying;
  try {
    await journal.append({ t: 'verify', deadline });
  } catch (cause) {
    // It was gone back already when the disk was like that before: once is enough.
    if (!(await isAsPlanned(begin, tools))) throw cause;
    return takeBack(unrecorded(cause), false, journal, tools);
  }
  const now = journal.phase as Verifying;
  if (now.reboots <= 1 && now.resumed <= RESUMED) return;
  const how = now.reboots > 1 ? 'this host was restarted twice' : `the agent was ended ${now.resumed} times`;
  await takeBack(
    { where: 'interrupted', seen: `${how} while the change was being verified` },
    true,
    journal,
    tools,
  );
}

/** Live first (kubeadm and others checked the old process), then the gate. */
export async function verify(
  { begin, resumed, reboots }: Verifying,
  journal: Journal,
  tools: Transacting,
): Promise<void> {
  const { health } = begin;
  if (health === null || tools.health === null)
    return void (await recorded(committed(false, false, null), journal, tools));
  // Before the gate: what it judges is how clients fare with this host as it is now.
  if (!hasNoPart(health.facts)) await comeBack(health.facts, tools.handOver);
  const unproven = await proveLive(health, journal, tools);
  if (unproven === null) return;
  tools.progress('verifying: the health checks are being sampled');
  const { deadline } = journal.phase as Verifying;
  const gated = await tools.health.passGate(health, reboots > 0, until(deadline, tools));
  const seen = sentenceOf(gated.failed);
  if (gated.verdict === 'unwell') return takeBack({ where: 'gate', seen }, true, journal, tools);
  const apart = await judgedApart(begin, tools);
  if (apart !== null) return takeBack({ where: 'gate', seen: apart }, false, journal, tools);
  // A way back that the disk would not have recorded was gone all the same; and well is then what was before.
  if (resumed > 0 && !(await isAsPlanned(begin, tools))) return interrupted(begin, journal, tools);
  const notes = [
    ...(gated.verdict === 'degraded' ? [`It was unwell before, and still is: ${seen}.`] : []),
    ...unproven,
    ...(gated.unwitnessed === null
      ? []
      : [`Whether other hosts reach the virtual IP is not known: ${gated.unwitnessed}.`]),
  ];
  const note = notes.length === 0 ? null : notes.join(' ');
  await recorded(committed(gated.verdict === 'degraded', gated.vipWell, note), journal, tools);
}

/** Why a change that this host is well with goes back all the same: the others do not have it. */
async function judgedApart(
  { togetherAtMs, commit, health }: Begin,
  { together, stopping, progress }: Transacting,
): Promise<string | null> {
  if (togetherAtMs === undefined || together === undefined || commit === null || health === null) return null;
  const { cluster, role } = health.facts;
  const judging = { commit: commit.sha, atMs: togetherAtMs, me: role.hostname, cluster, stopping, progress };
  return together(judging);
}

/** What could not be proved, as sentences; `null`: it is being taken back. */
async function proveLive(
  health: Before,
  journal: Journal,
  tools: Transacting,
): Promise<readonly string[] | null> {
  tools.progress('verifying: waiting until the daemons run with the change');
  const { deadline } = journal.phase as Verifying;
  const lived = await tools.health!.waitUntilLive(health, until(deadline, tools));
  if (!lived.live) {
    await takeBack({ where: 'live', seen: sentenceOf(lived.failed) }, true, journal, tools);
    return null;
  }
  const { gate } = health;
  const afterBoot = (journal.phase as Verifying).reboots > 0;
  const windowMs = afterBoot ? Math.max(gate.withinMs, LIVE_LIMIT_MS) : gate.withinMs;
  const isRecorded = await recorded({ t: 'live', deadline: await after(windowMs, tools) }, journal, tools);
  return isRecorded ? lived.unproven : null;
}

const isAsPlanned = async ({ changes }: Begin, { kinds, host }: Transacting): Promise<boolean> =>
  (await unlike(changes, kinds, host)).size === 0;

const committed = (degraded: boolean, vipWell: boolean, note: string | null): Entry => ({
  t: 'end',
  outcome: 'committed',
  degraded,
  vipWell,
  note,
});

const sentenceOf = (failed: readonly Failed[]): string =>
  failed.map(({ id, seen }) => `${id}: ${seen}`).join('; ');

async function after(ms: number, { clock, bootId }: Transacting): Promise<Deadline> {
  return { boot: await bootId(), monotonicMs: Math.round(clock.monotonicMs() + ms) };
}

const until = ({ monotonicMs }: Deadline, { stopping }: Transacting): Until => ({
  deadlineMs: monotonicMs,
  stopping,
});
