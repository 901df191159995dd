import type { Cluster } from './cluster.ts';
import { aboutFile, type Diagnostic } from './diagnostics.ts';
import { loadRecipients, sealedSecret, staleness, type LoadedRecipients, type Sealed } from './recipients.ts';
import { PLACEHOLDER_KEY, RECIPIENTS, type Recipients } from './recipients-schema.ts';
import { secretFile, secretIn } from './secret-name.ts';
import type { Tree } from './tree.ts';

/** Which secrets a host reads. */
export type Reading = { readonly hostname: string; readonly secrets: readonly string[] };

/**
 * `holdfast validate`, which can open nothing: whether every host that reads a secret is among those it was encrypted
 * to. A host itself does not ask: it opens it, or cannot.
 */
export async function secretProblems(
  tree: Tree,
  cluster: Cluster,
  readings: readonly Reading[],
): Promise<readonly Diagnostic[]> {
  const names = (await tree.list('secrets')).flatMap((file) => secretIn(file) ?? []);
  const loaded = await loadRecipients(tree);
  if (loaded.diagnostics.length > 0) return loaded.diagnostics;
  const sealed = (await Promise.all(names.map((name) => sealedSecret(tree, name)))).flatMap(
    (one) => one ?? [],
  );
  if (loaded.recipients === null) return sealed.length === 0 ? [] : [aboutFile(RECIPIENTS, NO_RECIPIENTS)];
  const { recipients } = loaded;
  return [
    ...readings.flatMap((reading) => unread(reading, sealed, loaded)),
    ...aboutHosts(loaded, cluster),
    ...sealed.flatMap((one) => stale(one, recipients)),
  ];
}

const NO_RECIPIENTS =
  'does not exist, so nobody knows whom the secrets are for. Begin it with: holdfast secret recipients add HOST KEY.';

/** Secrets that a host reads and was not encrypted to. */
function unread(
  { hostname, secrets }: Reading,
  sealed: readonly Sealed[],
  { recipients, source }: LoadedRecipients,
): readonly Diagnostic[] {
  const key = recipients?.hosts[hostname];
  if (secrets.length === 0) return [];
  if (key === undefined) {
    const message = `has no key of ${hostname}, which reads ${secrets.join(', ')}. On that host: sudo holdfast secret identity. Then: holdfast secret recipients add ${hostname} KEY, and holdfast secret rotate.`;
    return [source?.diagnose(['hosts'], message) ?? aboutFile(RECIPIENTS, message)];
  }
  return sealed
    .filter(({ name, record }) => secrets.includes(name) && record !== null && record.to[hostname] !== key)
    .map(({ name, record }) => {
      const isMeant = record?.for === undefined || record.for.includes(hostname);
      const way = isMeant
        ? `Encrypt it anew where it can be read: holdfast secret rotate. Or set it again: holdfast secret set ${name}.`
        : `It was set for ${record.for?.join(', ')} alone. Set it again for all who need it: holdfast secret set ${name} --for all.`;
      return aboutFile(
        secretFile(name),
        `is not encrypted to the key of ${hostname}, which reads it. ${way}`,
      );
    });
}

function aboutHosts({ recipients, source }: LoadedRecipients, cluster: Cluster): readonly Diagnostic[] {
  if (recipients === null || source === null) return [];
  const known = [...cluster.nodes, ...cluster.workers].map(({ name }) => name);
  const warn = (name: string, message: string): Diagnostic =>
    source.diagnose(['hosts', name], message, { on: 'key', severity: 'warning' });
  return Object.entries(recipients.hosts).flatMap(([name, key]) => {
    if (key === PLACEHOLDER_KEY) return [warn(name, PLACEHOLDER(name))];
    return known.includes(name) ? [] : [warn(name, STRANGER(name))];
  });
}

/** Hosts that have no key of their own yet, and read secrets. */
export async function keylessHosts(tree: Tree, readings: readonly Reading[]): Promise<readonly string[]> {
  const { recipients } = await loadRecipients(tree);
  return readings
    .filter(({ hostname, secrets }) => secrets.length > 0 && recipients?.hosts[hostname] === PLACEHOLDER_KEY)
    .map(({ hostname }) => hostname);
}

const PLACEHOLDER = (name: string): string =>
  `is the template's placeholder, whose private half nobody has: this host will refuse what it cannot read. On it: sudo holdfast secret identity. Then: holdfast secret recipients add ${name} KEY, and set each secret.`;
const STRANGER = (name: string): string =>
  `is no host of cluster.yaml, and can read secrets. If it is gone for good: holdfast secret recipients remove ${name}.`;

function stale(sealed: Sealed, recipients: Recipients): readonly Diagnostic[] {
  const why = staleness(sealed, recipients);
  if (why === null) return [];
  const way = 'Where it can be read: holdfast secret rotate.';
  return [aboutFile(secretFile(sealed.name), `${why}. ${way}`, 'warning')];
}
