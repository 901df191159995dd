import * as z from 'zod';
import type { Host, Reader } from '../host/host.ts';
import { kind } from './kind.ts';

/** Installed is what dpkg calls installed: unpacked, half-configured or only its configuration left is not. */
const PackageState = z.strictObject({ installed: z.boolean() });
type PackageState = z.infer<typeof PackageState>;

/** Long enough for another apt on a Pi to finish; apt's own lock wait is shorter, so that it is apt that says why. */
const APT_LIMIT_MS = 15 * 60_000;
const APT_LOCK_SECONDS = 300;

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

/**
 * In a transient unit of its own, so that our sandbox and a restart of ours cannot end dpkg half-way. Conffiles that
 * were edited stay (--force-confold); questions are never asked; another apt is waited for.
 */
async function apt(name: string, to: PackageState, host: Host): Promise<void> {
  if (host.live === null) return;
  const now = (await observePackages([name], host)).get(name)!;
  if (now.installed === to.installed) return;
  const verb = to.installed ? ['install', '--no-install-recommends'] : ['purge'];
  await host.live.run(
    [
      'systemd-run',
      '--quiet',
      '--wait',
      '--collect',
      '--pipe',
      '--service-type=exec',
      '--description=Holdfast: apt-get',
      '--setenv=DEBIAN_FRONTEND=noninteractive',
      '--setenv=LC_ALL=C.UTF-8',
      'apt-get',
      '--assume-yes',
      '--quiet=2',
      '-o',
      'Dpkg::Options::=--force-confold',
      '-o',
      'Dpkg::Options::=--force-confdef',
      '-o',
      `DPkg::Lock::Timeout=${APT_LOCK_SECONDS}`,
      ...verb,
      '--',
      name,
    ],
    { timeoutMs: APT_LIMIT_MS },
  );
}
