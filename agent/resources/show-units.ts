import type { LiveReader } from '../host/host.ts';

/** Properties by unit, in the order asked: systemd separates units by an empty line and answers for unknown ones too. */
export async function showUnits(
  names: readonly string[],
  properties: readonly string[],
  live: LiveReader,
): Promise<ReadonlyMap<string, Readonly<Record<string, string>>>> {
  if (names.length === 0) return new Map();
  const ran = await live.query(['systemctl', 'show', '--property', properties.join(','), '--', ...names]);
  const blocks = ran.stdout.trimEnd().split('\n\n');
  if (ran.exitCode !== 0 || blocks.length !== names.length)
    throw new Error(
      `systemctl show answered for ${blocks.length} of ${names.length} units: ${ran.stderr.trim() || 'no reason given'}`,
    );
  return new Map(
    names.map((name, at) => {
      const lines = blocks[at]!.split('\n').map((line) => [
        line.slice(0, line.indexOf('=')),
        line.slice(line.indexOf('=') + 1),
      ]);
      return [name, Object.fromEntries(lines) as Record<string, string>] as const;
    }),
  );
}

/** `activating` counts: a start that systemd goes on with (auto-restart, a slow start) is not a unit that is stopped. */
export const isRunning = (activeState: string | undefined): boolean =>
  ['active', 'reloading', 'refreshing', 'activating'].includes(activeState ?? '');

/**
 * Between two attempts (`auto-restart`), or in one that others came before: a unit that takes its time to check its
 * configuration is seen there most of the time. A single crash is not a loop.
 */
export function isLooping({
  ActiveState,
  SubState = '',
  NRestarts = '0',
}: Readonly<Record<string, string>>): boolean {
  if (ActiveState !== 'activating') return false;
  return Number(NRestarts) >= (SubState.startsWith('auto-restart') ? 1 : 2);
}
