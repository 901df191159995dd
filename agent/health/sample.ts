import type { HttpAsked, Probes } from '../host/probes.ts';
import type { Check, CheckId, Seen, Time } from './check.ts';

/** Every check, once, side by side. Times are monotonic milliseconds. */
export type Sample = {
  readonly fromMs: number;
  readonly toMs: number;
  readonly seen: Readonly<Record<CheckId, Seen>>;
};

/** Every probe has a limit of its own; this one is for what hangs all the same (a bus that does not answer). */
export const SAMPLE_LIMIT_MS = 20_000;
const TOO_LONG: Seen = { ok: false, seen: `no verdict within ${SAMPLE_LIMIT_MS / 1000} s` };

/** A check that cannot be made at all is a failed one: not knowing is not being well. */
export async function takeSample(checks: readonly Check[], probes: Probes, time: Time): Promise<Sample> {
  const fromMs = time.clock.monotonicMs();
  const shared = askedOnce(probes);
  const over = new AbortController();
  const limit = time.sleep(SAMPLE_LIMIT_MS, over.signal).then(() => TOO_LONG);
  const seen = await Promise.all(
    checks.map(async (check) => [check.id, await Promise.race([runOne(check, shared), limit])] as const),
  );
  over.abort();
  return { fromMs, toMs: time.clock.monotonicMs(), seen: Object.fromEntries(seen) };
}

async function runOne(check: Check, probes: Probes): Promise<Seen> {
  try {
    return await check.run(probes);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    return { ok: false, seen: `it could not be checked: ${why}` };
  }
}

/** Two checks of one sample that ask the same share the answer: one connection, one dump of keepalived. */
function askedOnce(probes: Probes): Probes {
  const http = new Map<string, ReturnType<Probes['http']>>();
  let vrrp: ReturnType<Probes['vrrp']> | null = null;
  return {
    ...probes,
    http: (asked: HttpAsked) => {
      const key = JSON.stringify(asked);
      const answer = http.get(key) ?? probes.http(asked);
      http.set(key, answer);
      return answer;
    },
    vrrp: (timeoutMs) => (vrrp ??= probes.vrrp(timeoutMs)),
  };
}
