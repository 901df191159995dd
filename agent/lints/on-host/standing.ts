import type { Candidate } from '../../desired/candidate.ts';
import type { Cluster } from '../../desired/cluster.ts';
import type { FileReader, StateDirectory } from '../../host/host.ts';
import type { LintProbes } from '../../host/lint-probes.ts';

/** What a lint looks at that changes behind our back: a look at it costs less than looking again. */
const WATCHED = ['/etc/kubernetes/pki/apiserver.crt', '/etc/kubernetes/manifests', '/etc/hosts'];
/** Certificates expire, clocks and names move: looked at this often whatever happens. */
const A_DAY_MS = 86_400_000;
const FILE = 'lints.json';

export type StandingTools = {
  readonly files: Pick<FileReader, 'stamp'>;
  readonly probes: () => Promise<LintProbes>;
  /** Gone at the next boot, so a boot looks again. */
  readonly runtime: StateDirectory;
  readonly clock: { now(): number };
  readonly remoteHost: string | null;
};
type Looked = { readonly key: string; readonly atMs: number; readonly notices: readonly string[] };

/**
 * What the lints have to say while nothing changes: looked at once a day and when what they look at has changed, and
 * remembered meanwhile. The lints themselves are loaded for that look alone.
 */
export function openStanding({ files, probes, runtime, clock, remoteHost }: StandingTools) {
  let looked: Looked | null = null;
  return async ({ cluster, role }: Pick<Candidate, 'cluster' | 'role'>): Promise<readonly string[]> => {
    const key = JSON.stringify([
      (cluster as { readonly vip: string }).vip,
      role.role,
      remoteHost,
      await seen(files),
    ]);
    looked ??= await readLooked(runtime);
    const sinceMs = looked === null ? -1 : clock.now() - looked.atMs;
    if (looked?.key === key && sinceMs >= 0 && sinceMs < A_DAY_MS) return looked.notices;
    const { look } = await import('./look.ts');
    const at = { cluster: cluster as unknown as Cluster, role, nowMs: clock.now(), remoteHost, intent: null };
    const notices = await look(at, await probes());
    looked = { key, atMs: clock.now(), notices };
    // Without it the next command looks again, and that is all.
    await runtime.replace(FILE, JSON.stringify(looked)).catch(() => undefined);
    return notices;
  };
}

/** A folder's stamp changes with the names in it. */
const seen = (files: StandingTools['files']): Promise<readonly (string | null)[]> =>
  Promise.all(WATCHED.map((path) => files.stamp(path).catch(() => null)));

async function readLooked(runtime: StateDirectory): Promise<Looked | null> {
  try {
    const bytes = await runtime.read(FILE);
    const found: unknown = bytes === null ? null : JSON.parse(new TextDecoder().decode(bytes));
    return isLooked(found) ? found : null;
  } catch {
    return null;
  }
}

const isLooked = (found: unknown): found is Looked =>
  typeof found === 'object' &&
  found !== null &&
  'key' in found &&
  'atMs' in found &&
  typeof found.atMs === 'number' &&
  'notices' in found &&
  Array.isArray(found.notices);
