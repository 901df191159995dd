import type { FileOnDisk, Host, Live, Reader } from '../host/host.ts';

export const RULES_PATH = { v4: '/etc/ufw/user.rules', v6: '/etc/ufw/user6.rules' } as const;
const PROGRAM = '/usr/sbin/ufw';
const CONF = '/etc/ufw/ufw.conf';
/** Debian's postinst copies it to /etc/ufw. */
const PRISTINE_CONF = '/usr/share/ufw/ufw.conf';
const DEFAULTS = '/etc/default/ufw';
export const NOT_INSTALLED = 'ufw is not installed yet';

export type Policy = 'ACCEPT' | 'DROP' | 'REJECT';
export type UfwSettings = {
  /** What happens at the next boot; the kernel may say otherwise now. */
  readonly enabled: boolean;
  /** Whether ufw keeps IPv6 rules: asked for in /etc/default/ufw, and known to the kernel. */
  readonly ipv6: boolean;
  /** Whether the kernel knows IPv6 at all. */
  readonly kernelIpv6: boolean;
  readonly inputPolicy: Policy;
  readonly outputPolicy: Policy;
  readonly logging: boolean;
  /** With the kernel parameters that ufw sets when it is enabled; `null`: it sets none. */
  readonly sysctlFile: string | null;
};

/**
 * `null`: ufw is not there (or its package was removed and left its configuration behind). Throws when it is there
 * without its configuration: what it does then is unknown, and nothing that could be taken for "not installed".
 */
export async function readSettings(host: Reader): Promise<UfwSettings | null> {
  if ((await host.files.stamp(PROGRAM)) === null) return null;
  const { text: conf } = await readConf(host);
  const defaults = await readText(host, DEFAULTS);
  // backend.py, _get_defaults: both files, in this order, into one table.
  const values = new Map([...assignments(defaults), ...assignments(conf)]);
  const kernelIpv6 = (await host.live?.kernel('net/ipv6/conf/all/disable_ipv6')) !== null;
  return {
    enabled: values.get('ENABLED') === 'yes',
    ipv6: kernelIpv6 && values.get('IPV6') === 'yes',
    kernelIpv6,
    // What it does not know it takes for DROP (ufw-init-functions).
    inputPolicy: policyOf(values.get('DEFAULT_INPUT_POLICY')),
    outputPolicy: policyOf(values.get('DEFAULT_OUTPUT_POLICY')),
    logging: values.get('LOGLEVEL') !== 'off',
    sysctlFile: /^IPT_SYSCTL="?(\/[^"\s]+)/m.exec(defaults)?.[1] ?? null,
  };
}

function policyOf(word: string | undefined): Policy {
  const policy = word?.toUpperCase();
  return policy === 'ACCEPT' || policy === 'REJECT' ? policy : 'DROP';
}

/**
 * ufw writes it in place and does not sync it, so power that goes soon after any "ufw" command leaves it empty. ufw does
 * not start then, and keeps no comment of the package's when it is enabled: an empty one reads as the package's own.
 */
async function readConf(host: Reader): Promise<{ readonly text: string; readonly file: FileOnDisk }> {
  const file = await host.files.read(CONF);
  if (file === null) throw new Error(missing(CONF));
  const text = host.files.text(file.content);
  const pristine = text.trim() === '' ? await host.files.read(PRISTINE_CONF) : null;
  return { text: pristine === null ? text : host.files.text(pristine.content), file };
}

/** Throws when it is not there: ufw itself refuses to work without it. */
export async function readText(host: Reader, path: string): Promise<string> {
  const found = await host.files.read(path);
  if (found !== null) return host.files.text(found.content);
  throw new Error(missing(path));
}

const missing = (path: string): string =>
  `${path} is missing, and ufw does not work without it. Bring the package's own back with "${bringBack(path)}"; Holdfast does the rest.`;

/**
 * Debian keeps a copy of what its postinst puts into /etc/ufw. `ufw reset` is no way out: it refuses to begin without
 * these files, and would throw away every rule.
 */
export function bringBack(path: string): string {
  const name = path.slice(path.lastIndexOf('/') + 1);
  if (path === DEFAULTS) return 'sudo apt-get install --reinstall -o Dpkg::Options::=--force-confmiss ufw';
  if (path === CONF) return `sudo cp /usr/share/ufw/${name} /etc/ufw/`;
  return `sudo cp /usr/share/ufw/iptables/${name} /etc/ufw/ && sudo chmod 640 ${path}`;
}

/** Says `ENABLED=` in ufw.conf, whole or not at all, and leaves the kernel alone. */
export async function writeEnabled(host: Host, enabled: boolean): Promise<void> {
  const { text, file } = await readConf(host);
  // All of them: of several lines ufw, and the shell at boot, take the last (backend.py, set_default).
  const line = `ENABLED=${enabled ? 'yes' : 'no'}`;
  const end = text === '' || text.endsWith('\n') ? '' : '\n';
  const said = /^ENABLED=/m.test(text) ? text.replace(/^ENABLED=.*$/gm, line) : `${text}${end}${line}\n`;
  if (said === host.files.text(file.content)) return;
  const content = host.files.remember(new TextEncoder().encode(said));
  await host.files.write(CONF, { ...file, content });
}

/** After "ufw": it writes in place, and syncs nothing. An empty user.rules or ufw.conf keeps ufw from starting at boot. */
export const makeDurable = (live: Live): Promise<string> => live.run(['sync', '--file-system', '/etc/ufw']);

function assignments(text: string): readonly (readonly [string, string])[] {
  return text
    .split('\n')
    .map((line) => /^(\w+)="?(\w+)"?/.exec(line))
    .filter((match) => match !== null)
    .map((match) => [match[1]!, match[2]!.toLowerCase()] as const);
}
