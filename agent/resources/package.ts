import * as z from 'zod';
import type { Host, Live, Reader } from '../host/host.ts';
import { kind } from './kind.ts';

/** Installed is what dpkg calls installed: unpacked, half-configured or only its configuration left is not. */
const PackageState = z.strictObject({ installed: z.boolean() });
type PackageState = z.infer<typeof PackageState>;

/** Long enough for another apt on a Pi to finish; apt's own lock wait is shorter, so that it is apt that says why. */
const APT_LIMIT_MS = 15 * 60_000;
const APT_LOCK_SECONDS = 300;

/** apt-get, whose work is on the disk when it ends, and which first puts right what a power cut has left of the last one. */
const APT_GET = '/usr/lib/holdfast/apt-get-durably';

/** A Debian package that is there. It is never removed because the desired state no longer names it. */
export const packageKind = kind({
  kind: 'package',
  needs: 'live',
  leaving: 'stay',
  spec: z.literal('present'),
  state: PackageState,
  scope: () => null,
  observe: (asked, host) => observePackages([...asked.keys()], host),
  target: () => ({ to: { installed: true } }),
  phase: () => 'package',
  enforce: (name, to, host) => apt(name, to, host),
  describe: (_from, to) => ({ summary: [to.installed ? 'installed' : 'removed'], detail: [] }),
});

/** dpkg-query exits 1 when it does not know one of them, and still answers for the others. */
async function observePackages(
  names: readonly string[],
  host: Reader,
): Promise<ReadonlyMap<string, PackageState>> {
  if (host.live === null) throw new Error('packages can only be observed on a running system');
  const ran = await host.live.query([
    'dpkg-query',
    '--show',
    '--showformat=${Package} ${db:Status-Status}\\n',
    '--',
    ...names,
  ]);
  if (ran.exitCode > 1)
    throw new Error(`dpkg-query failed with exit code ${ran.exitCode}: ${ran.stderr.trim()}`);
  const installed = new Set(
    ran.stdout
      .split('\n')
      .map((line) => line.split(' '))
      .filter(([, status]) => status === 'installed')
      .map(([name]) => name),
  );
  return new Map(names.map((name) => [name, { installed: installed.has(name) }] as const));
}

async function apt(name: string, to: PackageState, host: Host): Promise<void> {
  if (host.live === null) return;
  const now = (await observePackages([name], host)).get(name)!;
  if (now.installed === to.installed) return;
  if (!to.installed) return aptGet(host.live, ['purge', '--', name]);
  const install = ['install', '--no-install-recommends', '--', name];
  try {
    await aptGet(host.live, install);
  } catch {
    // A fresh image has no package lists, and old ones name versions that the mirror no longer has.
    await aptGet(host.live, ['update']);
    await aptGet(host.live, install);
  }
}

/**
 * In a transient unit of its own, so that our sandbox and a restart of ours cannot end dpkg half-way. Conffiles that
 * were edited stay (--force-confold); questions are never asked; another apt is waited for.
 */
async function aptGet(live: Live, words: readonly string[]): Promise<void> {
  const unit = [
    '--quiet',
    '--wait',
    '--collect',
    '--pipe',
    '--service-type=exec',
    '--description=Holdfast: apt-get',
  ];
  const environment = ['--setenv=DEBIAN_FRONTEND=noninteractive', '--setenv=LC_ALL=C.UTF-8'];
  const options = [
    'Dpkg::Options::=--force-confold',
    'Dpkg::Options::=--force-confdef',
    `DPkg::Lock::Timeout=${APT_LOCK_SECONDS}`,
  ].flatMap((option) => ['-o', option]);
  const get = [APT_GET, '--assume-yes', '--quiet=2', ...options, ...words];
  await live.run(['systemd-run', ...unit, ...environment, ...get], { timeoutMs: APT_LIMIT_MS });
}
