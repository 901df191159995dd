import type { Plan } from '../plan/change.ts';
import { parts } from '../resources/kind.ts';
import { unwell, WELL, type Check } from './check.ts';

const LIMIT_MS = 10_000;

/**
 * The Git remote, from which the fix of a bad change would come. By itself it is never a reason to take a change back:
 * it counts only for a change that could have cut it off, and only if it answered before (greenboot#90).
 */
export const gitRemote: Check = {
  id: 'remote',
  about: 'remote',
  run: async ({ remote }) => {
    if (remote === null) return { ok: null, why: 'no remote is followed' };
    try {
      await remote.ask(LIMIT_MS);
      return WELL;
    } catch (cause) {
      return unwell(`${remote.shown}: ${cause instanceof Error ? cause.message : String(cause)}`);
    }
  },
};

const NETWORK_FILES =
  /^\/etc\/(network|netplan|NetworkManager|systemd\/(network|resolved)|ufw|iptables|nftables|wpa_supplicant|dhcpcd|resolv\.conf|hosts$|nsswitch)/;
const NETWORK_UNITS =
  /^unit\[(networking|systemd-networkd|systemd-resolved|NetworkManager|ufw|nftables|netfilter-persistent|dhcpcd|wpa_supplicant)/;

/** Firewall, network and kernel parameters: what stands between this host and its remote. */
export function touchesNetwork({ changes }: Pick<Plan, 'changes'>): boolean {
  return changes.some(({ id }) => {
    const [kind, name] = parts(id);
    if (kind === 'file' || kind === 'yaml') return NETWORK_FILES.test(name);
    return kind === 'sysctl' || kind.startsWith('ufw') || NETWORK_UNITS.test(id);
  });
}
