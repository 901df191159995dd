import { localPath } from '../health/local-path.ts';
import { unitCheck } from '../health/unit.ts';
import type { Probes } from '../host/probes.ts';
import { holdsIt, levelWithNext, until, type HandOverTools, type Place } from './hand-over-tools.ts';

/** HAProxy asks its servers once or twice before it passes connections on. */
const READY_MS = 10_000;
/**
 * Who was held back when it was given away tries again after a second, and must not be held back once more: the next
 * try is three seconds after the first (measured: 7 to 33 requests of 50 a second).
 */
const TRIED_AGAIN_MS = 1_500;
/** So long whoever holds it has for giving it back: its agent looks every two seconds, at answers as old as that. */
const ASKED_MS = 10_000;

/**
 * Takes back what was given away. This host's own way to an API server must work first: a HAProxy that cannot serve
 * never gets the address, and the gate sees the same. Whoever holds it is asked for it (it sees that this host wants
 * it), so that it lets what is open end; if it does not hear, this host preempts it.
 */
export async function comeBack(place: Place | null, tools: HandOverTools | null): Promise<void> {
  if (place === null || tools === null) return;
  try {
    if ((await tools.port.offset()) !== 0) await standAgain(place, tools);
  } catch (cause) {
    // `putRight` tries again when the change has ended, and after that in every cycle.
    const why = cause instanceof Error ? cause.message : String(cause);
    tools.log.info({ event: 'vip-left', sentence: `The virtual IP could not be taken back yet: ${why}` });
  }
}

async function standAgain(place: Place, tools: HandOverTools): Promise<void> {
  const { port, time, log } = tools;
  const fromMs = time.clock.monotonicMs();
  const unready = await whyNotReady(place, await tools.probes(), tools);
  if (unready !== null)
    return log.info({
      event: 'vip-left',
      sentence: `The virtual IP stays with another node for now, because this one could not serve it: ${unready}.`,
    });
  const isHere = (): boolean => holdsIt(place, tools);
  const level = levelWithNext(place);
  await time.sleep(TRIED_AGAIN_MS);
  if (level !== null) await port.setOffset(level);
  const isGiven = level !== null && (await until(isHere, ASKED_MS, 50, time));
  await port.setOffset(0);
  const isBack = isGiven || (await until(isHere, preemptsWithinMs(place), 50, time));
  const seconds = `${((time.clock.monotonicMs() - fromMs) / 1000).toFixed(1)} s`;
  if (isGiven)
    return log.debug({ event: 'vip-back', sentence: `The virtual IP was given back after ${seconds}.` });
  log.info({
    event: 'vip-back',
    sentence: isBack
      ? `The virtual IP is back after ${seconds}. Whoever held it did not hear that it was wanted back, so open requests may have been cut.`
      : `The virtual IP has not come back within ${seconds}: another node holds it.`,
  });
}

async function whyNotReady(
  { cluster }: Place,
  probes: Probes,
  { time }: HandOverTools,
): Promise<string | null> {
  const own = [localPath(cluster), unitCheck('keepalived.service', 'local', time.clock)];
  let why: string | null = null;
  const isReady = async (): Promise<boolean> => {
    const seen = await Promise.all(
      own.map(async (check) => ({ id: check.id, seen: await check.run(probes) })),
    );
    const not = seen.find(({ seen: one }) => one.ok === false);
    why = not?.seen.ok === false ? `${not.id}: ${not.seen.seen}` : null;
    return why === null;
  };
  await until(isReady, READY_MS, 250, time);
  return why;
}

/** Three adverts and the skew time, RFC 3768 6.1, and a second for whoever is late. */
const preemptsWithinMs = ({ cluster }: Place): number => 4 * cluster.vrrp.advertIntervalMs + 1_000;
