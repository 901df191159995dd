import type { Cluster } from '../desired/cluster.ts';
import type { Seen } from '../health/check.ts';
import { ownApiServer, vipChecks } from '../health/https.ts';
import type { Probes } from '../host/probes.ts';
import type { OwnView } from './view.ts';

/** Whoever asks waits 2 s for all of it, the way there and back included. */
const WITHIN_MS = 1_500;

/** `role`: a worker has no API server. Both are asked at once; what could not be asked is unknown. */
export async function ownView(
  probes: Pick<Probes, 'http' | 'files' | 'addresses'>,
  cluster: Cluster,
  own: { readonly address: string; readonly role: 'MASTER' | 'BACKUP' | 'worker' },
): Promise<OwnView> {
  const soon = {
    ...probes,
    http: (asked) => probes.http({ ...asked, timeoutMs: Math.min(asked.timeoutMs, WITHIN_MS) }),
  } as Pick<Probes, 'http' | 'files' | 'addresses'> as Probes;
  const [answers] = vipChecks(cluster);
  const [vip, apiServer] = await Promise.all([
    answers === undefined ? UNKNOWN : answers.run(soon).catch(unknown),
    own.role === 'worker' ? UNKNOWN : ownApiServer(cluster, own.address).run(soon).catch(unknown),
  ]);
  const held = [...probes.addresses().values()].flat().includes(cluster.vip);
  return {
    vip: { held, answers: vip.ok, seen: seenIn(vip) },
    apiServer: { ready: apiServer.ok, seen: seenIn(apiServer) },
  };
}

const UNKNOWN: Seen = { ok: null, why: '' };
const unknown = (cause: unknown): Seen => ({
  ok: null,
  why: cause instanceof Error ? cause.message : String(cause),
});

function seenIn(seen: Seen): string | null {
  if (seen.ok === true) return null;
  const text = seen.ok === false ? seen.seen : seen.why;
  return text === '' ? null : text;
}
