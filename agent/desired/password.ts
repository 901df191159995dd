import type { ClusterFile } from './cluster-schema.ts';
import { hasErrors, type Diagnostic } from './diagnostics.ts';
import { TreeProblem, type Tree } from './tree.ts';
import type { KeyPath } from './key-path.ts';
import { missing, SecretProblem, type Secrets } from './secrets.ts';
import type { YamlSource } from './yaml-source.ts';

export type Password = {
  /** Throws `SecretProblem` where it is a secret that this host cannot open. */
  text(): string;
  /** The path in the repository that holds it, so that nothing else copies it unnoticed. */
  readonly file: string | null;
  /** The name of the secret that it is. */
  readonly secret: string | null;
};

/** The template's own placeholder: known to everybody who has read this repository. */
const PLACEHOLDER = 'changeme';
/** keepalived.conf(5): auth_pass, "only the first eight characters are used". */
const LONGEST = 8;

const AT: KeyPath = ['vrrp', 'authPass'];

/** The VRRP password; `null` when there is none. No sentence here may quote it. */
export async function passwordOf(
  { vrrp }: ClusterFile,
  source: YamlSource,
  tree: Tree,
  secrets: Secrets,
): Promise<{ readonly password: Password | null; readonly diagnostics: readonly Diagnostic[] }> {
  const given = vrrp.authPass;
  if (given === undefined) return { password: null, diagnostics: [] };
  const say = (message: string, path: KeyPath = AT, severity: Diagnostic['severity'] = 'error'): Diagnostic =>
    source.diagnose(path, message, { severity });
  const none = (...diagnostics: Diagnostic[]) => ({ password: null, diagnostics });
  if (vrrp.version === 3)
    return none(
      say(
        'VRRP version 3 has no password. Remove authPass; unicast and a firewall that names the peers keep strangers out.',
      ),
    );
  const judged = (password: Password, text: string) => {
    const diagnostics = passwordProblems(text).map(({ message, severity }) => say(message, AT, severity));
    return { password: hasErrors(diagnostics) ? null : password, diagnostics };
  };
  if (typeof given === 'object' && 'secret' in given) {
    const { secret } = given;
    if (!secrets.names.includes(secret)) return none(say(missing(secret, secrets.names), [...AT, 'secret']));
    const password = { text: () => secrets.text(secret), file: null, secret };
    const text = secrets.masked.has(secret) ? null : textNow(password);
    return text === null ? { password, diagnostics: [] } : judged(password, text);
  }
  const read = typeof given === 'string' ? { text: given, file: null } : await readFrom(given.file, tree);
  if ('problem' in read) return none(say(read.problem, [...AT, 'file']));
  return judged({ text: () => read.text, file: read.file, secret: null }, read.text);
}

/** `null`: it cannot be opened here. That is a problem of who prints it: a worker needs no password. */
function textNow(password: Password): string | null {
  try {
    return password.text();
  } catch (error) {
    if (error instanceof SecretProblem) return null;
    throw error;
  }
}

type ReadPassword = { readonly text: string; readonly file: string };
async function readFrom(name: string, tree: Tree): Promise<ReadPassword | { readonly problem: string }> {
  const file = `files/${name}`;
  try {
    const bytes = await tree.read(file);
    if (bytes === null) return { problem: `${file} does not exist. Add it, with the password on one line.` };
    return { text: new TextDecoder().decode(bytes).replace(/\r?\n$/, ''), file };
  } catch (error) {
    if (error instanceof TreeProblem) return { problem: error.message };
    throw error;
  }
}

type Problem = { readonly message: string; readonly severity: Diagnostic['severity'] };
export function passwordProblems(text: string): readonly Problem[] {
  const error = (message: string): readonly Problem[] => [{ message, severity: 'error' }];
  if (text === '')
    return error('the password is empty. Write one of up to 8 characters, or remove authPass.');
  if (text.includes('\n')) return error('the password is on more than one line. Keep one line.');
  if (!/^[\x21-\x7e]+$/.test(text) || /["'#!$\\{}]/.test(text))
    return error(
      "the password holds a character that keepalived's configuration cannot carry: a space, one of \" ' # ! $ \\ { }, or one that is not ASCII. Choose letters and digits.",
    );
  if (text.length > LONGEST)
    return error(
      `the password has ${text.length} characters, and keepalived takes ${LONGEST}: it cuts the rest off, and its check of the configuration fails. Write only the first ${LONGEST}; hosts that were given the long one go on understanding it.`,
    );
  if (text !== PLACEHOLDER) return [];
  return [
    {
      message:
        "the password is still the template's placeholder. Choose your own, on all nodes at one moment.",
      severity: 'warning',
    },
  ];
}
