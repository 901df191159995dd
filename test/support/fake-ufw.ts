import type { Ran } from '../../agent/host/host.ts';
import type { FakeHost } from './fake-host.ts';

/** user.rules as ufw writes it, in the parts that are read. */
const USER = (prefix: string, rules: string): string => `*filter
:${prefix}-user-input - [0:0]
:${prefix}-user-output - [0:0]
:${prefix}-user-forward - [0:0]
:${prefix}-user-limit - [0:0]
:${prefix}-user-limit-accept - [0:0]
### RULES ###
${rules}
### END RULES ###

### RATE LIMITING ###
-A ${prefix}-user-limit -j REJECT
-A ${prefix}-user-limit-accept -j ACCEPT
### END RATE LIMITING ###
COMMIT
`;
const BEFORE = (prefix: string): string => `*filter
:${prefix}-before-input - [0:0]
-A ${prefix}-before-input -i lo -j ACCEPT
-A ${prefix}-before-input -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A ${prefix}-before-input -m conntrack --ctstate INVALID -j DROP
COMMIT
`;
const AFTER = (prefix: string): string => `*filter
:${prefix}-after-input - [0:0]
-A ${prefix}-after-input -p tcp --dport 139 -j ${prefix}-skip-to-policy-input
COMMIT
`;
const EMPTY_KERNEL = '*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\nCOMMIT\n';
const PREFIX = { '': 'ufw', '6': 'ufw6' } as const;
type Suffix = keyof typeof PREFIX;

/** What the kernel holds, as iptables-save would print it. `connections`: as `ss -i -O` would print them. */
export type FakeUfw = { readonly kernel: Record<Suffix, string>; connections: string; enabled(): boolean };

/** One that this host has opened, and on which something has just come in. */
const A_CONNECTION = 'ESTAB 0 0 10.1.1.1:40000 10.1.1.2:2380 cubic rto:204 lastsnd:90000 rcv_space:14480\n';

/**
 * ufw 0.36.2 as far as Holdfast uses it, in a `FakeHost`: its files, `ufw enable|disable|reload|logging`, and iptables.
 * The real one is held against Holdfast in `test/laws/ufw-real.test.ts`.
 */
export function installUfw(host: FakeHost): FakeUfw {
  const ufw: FakeUfw = {
    kernel: { '': EMPTY_KERNEL, '6': EMPTY_KERNEL },
    connections: A_CONNECTION,
    enabled: () => host.text('/etc/ufw/ufw.conf')!.includes('ENABLED=yes'),
  };
  host.kernel.set('net/ipv6/conf/all/disable_ipv6', '0');
  host.put('/usr/sbin/ufw', '#!/usr/bin/python3\n', 0o755);
  host.put('/etc/ufw/ufw.conf', 'ENABLED=no\nLOGLEVEL=low\n');
  host.put('/etc/default/ufw', 'IPV6=yes\nDEFAULT_INPUT_POLICY="DROP"\nDEFAULT_OUTPUT_POLICY="ACCEPT"\n');
  for (const six of ['', '6'] as const) {
    host.put(`/etc/ufw/user${six}.rules`, USER(PREFIX[six], ''), 0o640);
    host.put(`/etc/ufw/before${six}.rules`, BEFORE(PREFIX[six]), 0o640);
    host.put(`/etc/ufw/after${six}.rules`, AFTER(PREFIX[six]), 0o640);
  }
  host.simulated.push((argv) => answer(argv, host, ufw));
  host.boots.push(() => {
    for (const six of ['', '6'] as const)
      ufw.kernel[six] = ufw.enabled() ? kernelOf(six, host) : EMPTY_KERNEL;
  });
  return ufw;
}

function answer(argv: readonly string[], host: FakeHost, ufw: FakeUfw): Ran | null {
  const [program = '', ...words] = argv;
  const six: Suffix = program.startsWith('ip6') ? '6' : '';
  if (/^ip6?tables-save$/.test(program)) return ran(ufw.kernel[six]);
  if (argv.join(' ') === 'ss -H -t -n -i -O') return ran(ufw.connections);
  const act = actionOf(program, words, six, host, ufw);
  if (act === null) return null;
  host.effect(argv.join(' '), act);
  return ran('');
}

function actionOf(
  program: string,
  words: readonly string[],
  six: Suffix,
  host: FakeHost,
  ufw: FakeUfw,
): (() => void) | null {
  const conf = (yes: boolean): void => {
    // frontend.py, set_enabled: only where it says something else.
    if (ufw.enabled() !== yes) host.put('/etc/ufw/ufw.conf', `ENABLED=${yes ? 'yes' : 'no'}\nLOGLEVEL=low\n`);
  };
  const start = (): void => {
    for (const family of ['', '6'] as const) load(family, kernelOf(family, host));
  };
  const stop = (): void => (['', '6'] as const).forEach((family) => load(family, EMPTY_KERNEL));
  // What others made stays.
  const load = (family: Suffix, text: string): void => {
    const chain = linesOf(TRACKING, ufw.kernel[family]);
    ufw.kernel[family] = text.replace('COMMIT\n', `${chain.join('')}COMMIT\n`);
  };
  if (/^ip6?tables$/.test(program) && words[2] === '-P')
    return () =>
      (ufw.kernel[six] = ufw.kernel[six].replace(
        new RegExp(`^:${words[3]} \\w+`, 'm'),
        `:${words[3]} ${words[4]}`,
      ));
  if (/^ip6?tables$/.test(program))
    return () => (ufw.kernel[six] = tracking(words.slice(2), ufw.kernel[six]));
  if (/^ip6?tables-restore$/.test(program)) return () => (ufw.kernel[six] = kernelOf(six, host));
  if (program !== 'ufw') return null;
  switch (words.at(-1)) {
    case 'enable':
      return () => (conf(true), start());
    case 'disable':
      return () => (conf(false), stop());
    case 'reload':
      return () => (stop(), start());
    case 'on':
    case 'off':
      return () => {};
    default:
      throw new Error(`the fake ufw has no "${words.join(' ')}"`);
  }
}

const TRACKING = 'holdfast-track';
const linesOf = (chain: string, kernel: string): readonly string[] =>
  kernel.match(new RegExp(`^(?::|-A )${chain} .*\n`, 'gm')) ?? [];

/** What iptables does with a chain that nothing leads to; it refuses what is there already, or is not there. */
function tracking([does = '', chain = '', ...rule]: readonly string[], kernel: string): string {
  const there = linesOf(chain, kernel);
  if ((does === '-N') === there.length > 0)
    throw new Error(`iptables ${does} ${chain}: not as it was thought to be`);
  const add = (line: string): string => kernel.replace('COMMIT\n', `${line}\nCOMMIT\n`);
  switch (does) {
    case '-N':
      return add(`:${chain} - [0:0]`);
    case '-A':
      return add(`-A ${[chain, ...rule].join(' ')}`);
    case '-F':
      return there.slice(1).reduce((text, line) => text.replace(line, ''), kernel);
    default:
      if (there.length > 1) throw new Error(`iptables ${does} ${chain}: it is not empty`);
      return kernel.replace(there[0]!, '');
  }
}

function kernelOf(six: Suffix, host: FakeHost): string {
  const prefix = PREFIX[six];
  const hooks = ['INPUT', 'FORWARD', 'OUTPUT'].flatMap((name) => {
    const where = name.toLowerCase();
    return [
      ...['before-logging', 'before', 'after', 'after-logging', 'reject', 'track'].map(
        (kind) => `-A ${name} -j ${prefix}-${kind}-${where}`,
      ),
      `-A ${prefix}-before-${where} -j ${prefix}-user-${where}`,
    ];
  });
  const files = ['before', 'user', 'after'].map((name) => host.text(`/etc/ufw/${name}${six}.rules`)!);
  const rules = files.flatMap((text) => text.split('\n').filter((line) => /^[-:]/.test(line)));
  const primary = hooks
    .filter((line) => /^-A [A-Z]/.test(line))
    .map((line) => `:${line.split(' ').at(-1)} - [0:0]`);
  const declared = [...primary, ...rules.filter((line) => line.startsWith(':'))];
  const added = rules.filter((line) => line.startsWith('-'));
  const before = added.filter((line) => line.startsWith(`-A ${prefix}-before-`));
  const others = added.filter((line) => !before.includes(line));
  const policy = `-A ${prefix}-skip-to-policy-input -j DROP`;
  const head = ['*filter', ':INPUT DROP [0:0]', ':FORWARD DROP [0:0]', ':OUTPUT ACCEPT [0:0]'];
  return [...head, ...declared, ...before, ...hooks, policy, ...others, 'COMMIT', ''].join('\n');
}

const ran = (stdout: string): Ran => ({ exitCode: 0, stdout, stderr: '' });
