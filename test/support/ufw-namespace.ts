import { spawn, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { askCommand } from '../../agent/host/ask-command.ts';
import { openFiles } from '../../agent/host/disk-files.ts';
import type { BlobMemory, Host } from '../../agent/host/host.ts';
import { runCommand } from '../../agent/host/run-command.ts';
import { sleep } from '../../agent/host/sleep.ts';

const DEFAULTS = `IPV6=yes
DEFAULT_INPUT_POLICY="DROP"
DEFAULT_OUTPUT_POLICY="ACCEPT"
DEFAULT_FORWARD_POLICY="DROP"
DEFAULT_APPLICATION_POLICY="SKIP"
MANAGE_BUILTINS=no
IPT_SYSCTL=
IPT_MODULES=""
`;
const PROFILES = `[OpenSSH]
title=Secure shell server
description=OpenSSH
ports=22/tcp

[Samba Full]
title=Files
description=Several ports
ports=137,138/udp|139,445/tcp
`;

/** Where the copies below come from, and what a machine without them should do. */
const NEEDED = ['/usr/sbin/ufw', '/usr/share/ufw/iptables/user.rules', '/usr/sbin/iptables-save'];

/**
 * Debian's ufw and iptables in a network and a mount namespace of their own, over copies of the package's files: the
 * machine's firewall and its /etc/ufw are out of reach. It ends with the process that made it.
 */
export class UfwNamespace {
  readonly #child: ChildProcess;
  readonly folder: string;

  private constructor(child: ChildProcess, folder: string) {
    this.#child = child;
    this.folder = folder;
  }

  /** Throws, and never skips, where it cannot be had. */
  static async open(): Promise<UfwNamespace> {
    if (process.getuid?.() !== 0)
      throw new Error('These tests run the real ufw, which needs root. Run them with sudo.');
    const missing = NEEDED.filter((path) => !existsSync(path));
    if (missing.length > 0)
      throw new Error(
        `These tests run the real ufw: ${missing.join(', ')} missing. Run "apt-get install ufw iptables".`,
      );
    const folder = mkdtempSync(join(tmpdir(), 'holdfast-ufw-'));
    pristine(folder);
    const script =
      'set -e; mount --bind "$1/ufw" /etc/ufw; mount --bind "$1/default" /etc/default/ufw; mount -t tmpfs tmpfs /run; ' +
      'ip link set lo up; echo ready; exec cat';
    const argv = ['--net', '--mount', '--propagation', 'private', 'sh', '-c', script, 'sh', folder];
    const child = spawn('unshare', argv, { stdio: ['pipe', 'pipe', 'pipe'] });
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
    await new Promise<void>((resolve, reject) => {
      child.stdout.once('data', () => resolve());
      child.once('exit', (code) => reject(new Error(`no namespace (exit ${code}): ${said}`)));
    });
    return new UfwNamespace(child, folder);
  }

  get pid(): number {
    return this.#child.pid!;
  }
  close(): void {
    this.#child.stdin?.end();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** As after `apt-get install ufw`, and an empty kernel. */
  async reset(defaults = DEFAULTS): Promise<void> {
    const empty = '*filter\\n:INPUT ACCEPT\\n:FORWARD ACCEPT\\n:OUTPUT ACCEPT\\nCOMMIT\\n';
    await this.run('sh', '-c', `for f in iptables ip6tables; do printf '${empty}' | $f-restore; done`);
    pristine(this.folder, defaults);
  }
  async withoutIpv6(): Promise<void> {
    await this.reset(DEFAULTS.replace('IPV6=yes', 'IPV6=no'));
  }

  /** As Debian's own does by default, in this network. */
  async settingParameters(sysctls: string): Promise<void> {
    await this.reset(DEFAULTS.replace('IPT_SYSCTL=', 'IPT_SYSCTL=/etc/ufw/sysctl.conf'));
    this.put('sysctl.conf', sysctls);
  }

  async withOutputPolicy(policy: 'ACCEPT' | 'DROP'): Promise<void> {
    await this.reset(DEFAULTS.replace('OUTPUT_POLICY="ACCEPT"', `OUTPUT_POLICY="${policy}"`));
  }

  run(...argv: readonly string[]): Promise<string> {
    return runCommand(this.#inside(argv));
  }
  text(name: string): string {
    return readFileSync(join(this.folder, 'ufw', name), 'utf8');
  }
  put(name: string, text: string): void {
    writeFileSync(join(this.folder, 'ufw', name), text);
  }

  /** The port, as the agent would be given it inside. `told`: every command that changes something, in order. */
  host(told: string[] = []): Host {
    return {
      files: openFiles({ path: `/proc/${this.#child.pid}/root`, links: 'anybody' }, memory()),
      live: {
        query: (argv) => askCommand(this.#inside(argv)),
        kernel: async (path) => {
          const ran = await askCommand(this.#inside(['cat', `/proc/sys/${path}`]));
          return ran.exitCode === 0 ? ran.stdout.trimEnd() : null;
        },
        ready: () => Promise.resolve(),
        pause: (forMs) => sleep(forMs),
        setKernel: async (path, value) => {
          told.push(`kernel ${path}=${value}`);
          const line = 'printf %s "$2" >"/proc/sys/$1"';
          await runCommand(this.#inside(['sh', '-c', line, 'sh', path, value]));
        },
        run: (argv) => {
          told.push(argv.join(' '));
          return runCommand(this.#inside(argv));
        },
      },
    };
  }

  #inside(argv: readonly string[]): readonly string[] {
    return ['nsenter', '--target', `${this.#child.pid}`, '--net', '--mount', '--', ...argv];
  }
}

function pristine(folder: string, defaults = DEFAULTS): void {
  const ufw = join(folder, 'ufw');
  mkdirSync(join(ufw, 'applications.d'), { recursive: true });
  for (const name of ['before', 'user', 'after'].flatMap((kind) => [`${kind}.rules`, `${kind}6.rules`])) {
    copyFileSync(`/usr/share/ufw/iptables/${name}`, join(ufw, name));
    chmodSync(join(ufw, name), 0o640);
  }
  writeFileSync(join(ufw, 'ufw.conf'), '# /etc/ufw/ufw.conf\nENABLED=no\nLOGLEVEL=low\n');
  writeFileSync(join(ufw, 'applications.d', 'test'), PROFILES);
  writeFileSync(join(folder, 'default'), defaults);
}

function memory(): BlobMemory {
  const known = new Map<string, Uint8Array>();
  return {
    remember: (bytes) => {
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      known.set(sha256, bytes);
      return { sha256, size: bytes.length };
    },
    bytes: (ref) => known.get(ref.sha256)!,
    text: (ref) => Buffer.from(known.get(ref.sha256)!).toString('utf8'),
  };
}
