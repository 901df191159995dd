import { endOf } from './ask-command.ts';
import type { ArpAnswer } from './probes.ts';

/**
 * arping(8), iputils: `-D` asks as somebody who has no address yet (RFC 5227, 2.1.1), so every other owner answers
 * and the caches of the network learn nothing. An answer comes within milliseconds; nobody answering takes the whole
 * second, which the checks spend side by side.
 */
export async function findOtherOwners(interfaceName: string, address: string): Promise<ArpAnswer> {
  const argv = ['arping', '-D', '-c', '1', '-w', '1', '-I', interfaceName, address];
  const { stdout, stderr, exitCode, notStarted } = await endOf(argv, { timeoutMs: 5_000 });
  if (notStarted !== null) return { unknown: 'arping is not installed (Debian: iputils-arping)' };
  const others = [...stdout.matchAll(/\[((?:[0-9A-F]{2}:){5}[0-9A-F]{2})\]/gi)].map(([, mac]) =>
    mac!.toLowerCase(),
  );
  // 0: nobody. 1: somebody, who is shown. Anything else, or the other arping of Debian, says nothing.
  if (/^ARPING .* from 0\.0\.0\.0 /m.test(stdout) && exitCode === (others.length > 0 ? 1 : 0))
    return { others: [...new Set(others)] };
  return { unknown: `arping did not say: ${(stderr || stdout).trim().split('\n')[0] ?? ''}` };
}
