import type { VrrpInstance, VrrpState } from './probes.ts';

const STATES: readonly VrrpState[] = ['INIT', 'BACKUP', 'MASTER', 'FAULT'];

/**
 * keepalived's JSON, of which only named fields are taken: it also holds the password. Version 1 is a list, version 2
 * (`json_version 2`) has it under `vrrp`. `null`: the text is not whole, as while it is being written.
 */
export function instancesIn(text: string): readonly VrrpInstance[] | null {
  const list = parsed(text);
  return list === null ? null : list.map(instance).filter((found) => found !== null);
}

function parsed(text: string): readonly unknown[] | null {
  let dump: unknown;
  try {
    dump = JSON.parse(text);
  } catch {
    // Node's message would quote the text.
    return null;
  }
  const list = Array.isArray(dump) ? dump : (dump as { vrrp?: unknown } | null)?.vrrp;
  return Array.isArray(list) ? (list as readonly unknown[]) : null;
}

function instance(entry: unknown): VrrpInstance | null {
  const shown = (entry as { data?: Readonly<Record<string, unknown>> } | null)?.data;
  if (typeof shown !== 'object' || shown === null) return null;
  const addresses = Array.isArray(shown['vips']) ? (shown['vips'] as readonly unknown[]) : [];
  return {
    name: String(shown['iname']),
    state: STATES[Number(shown['state'])] ?? 'unknown',
    routerId: Number(shown['vrid']),
    priority: Number(shown['base_priority']),
    // "10.1.233.1 dev eth0 scope global label eth0:vip set"; with a prefix length where one was given.
    addresses: addresses.map((line) => String(line).split(' ')[0]!.split('/')[0]!),
    lastTransition: Number(shown['last_transition']),
  };
}
