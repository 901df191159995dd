import type { Cluster } from './cluster.ts';
import { aboutFile, type Diagnostic } from './diagnostics.ts';
import { didYouMean } from './did-you-mean.ts';
import { LOAD_BALANCERS } from './load-balancer.ts';
import { secretIn } from './secret-name.ts';
import type { Tree } from './tree.ts';

const AT_ROOT = ['cluster.yaml', 'defaults.yaml', 'roles', 'hosts', 'files', 'secrets'];
const ROLES = ['control-plane', ...LOAD_BALANCERS, 'master', 'backup', 'worker'].map(
  (name) => `${name}.yaml`,
);

/** Files that look as if they were meant to be read and are not: a misspelt name changes nothing and says nothing. */
export async function strays(tree: Tree, cluster: Cluster): Promise<readonly Diagnostic[]> {
  const names = [...cluster.nodes, ...cluster.workers].map(({ name }) => `${name}.yaml`);
  const [root, roles, hosts, secrets] = await Promise.all(
    ['.', 'roles', 'hosts', 'secrets'].map((folder) => tree.list(folder)),
  );
  const warn = (file: string, message: string): Diagnostic => aboutFile(file, message, 'warning');
  return [
    ...(root ?? [])
      .filter((name) => !AT_ROOT.includes(name))
      .flatMap((name) => {
        const meant = meantBy(name, AT_ROOT);
        return meant ? [warn(name, `is not read.${meant}`)] : [];
      }),
    ...(roles ?? [])
      .filter((name) => isYaml(name) && !ROLES.includes(name))
      .map((name) =>
        warn(
          `roles/${name}`,
          `is not read: there is no such role.${meantBy(name, ROLES) || ` Roles are ${ROLES.join(', ')}.`}`,
        ),
      ),
    ...(hosts ?? [])
      .filter((name) => isYaml(name) && !names.includes(name))
      .map((name) =>
        warn(
          `hosts/${name}`,
          `is not read: cluster.yaml names no such host.${meantBy(name, names) || ' Add the host to nodes or workers, or remove the file.'}`,
        ),
      ),
    ...(secrets ?? [])
      .filter((name) => secretIn(name) === null && !isAboutSecrets(name, secrets ?? []))
      .map((name) => warn(`secrets/${name}`, NO_SECRET)),
  ];
}

const NO_SECRET =
  'is not read, and not known to be encrypted. A secret is made with holdfast secret set, and is called NAME.age. If this is one in clear text, it is in the history for good: remove it, and choose another.';
const isAboutSecrets = (name: string, names: readonly string[]): boolean =>
  name === 'recipients.yaml' ||
  name === 'README.md' ||
  (name.endsWith('.yaml') && names.includes(name.replace(/yaml$/, 'age')));

const isYaml = (name: string): boolean => /\.ya?ml$/.test(name);

function meantBy(name: string, known: readonly string[]): string {
  const renamed = name.replace(/\.yml$/, '.yaml');
  return renamed !== name && known.includes(renamed) ? ` Rename it to ${renamed}.` : didYouMean(name, known);
}
