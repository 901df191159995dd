import { wholePicture } from './cluster.ts';
import type { Host } from './lab.ts';
import { differences } from './picture.ts';

/** What stays on a host that was put back, as README's "Take it off again" lists it. */
const STAYS: readonly RegExp[] = [
  // The form that ufw gives its own files when a rule is added.
  /^contents: [-+] [0-9a-f]{64} {2}etc\/ufw\/user6?\.rules$/,
  // keepalived makes it, with its folders.
  /^(paths|contents): \+ .*\betc\/iproute2\b/,
  // iptables makes a table when it is asked for, and nobody takes an empty one away.
  /^tables in the kernel: \+ /,
];

/** What the program itself leaves while it is installed: its folders, its units, the port of its status. No rule, no chain. */
const INSTALLED: readonly RegExp[] = [
  /^(?!kernel firewall: |ufw: ).*\bholdfast\b/,
  /^listening: \+ tcp \S+:9463$/,
];

/** How a released host differs from what it was before Holdfast, but for what README says stays. */
export const notAsFound = (before: string, host: Host): readonly string[] =>
  besides([...STAYS, ...INSTALLED], before, host);

/** The same after a purge: nothing of the program is left either. */
export const notAsBeforeInstallation = (before: string, host: Host): readonly string[] =>
  besides(STAYS, before, host);

const besides = (stays: readonly RegExp[], before: string, host: Host): readonly string[] =>
  differences(before, wholePicture(host)).filter((line) => !stays.some((one) => one.test(line)));
