import type { LiveReader } from '../host/host.ts';
import type { Family } from './ufw-tuple.ts';

/** The kernel's filter table as iptables-save prints it. Throws when it cannot be had: unknown is never empty. */
export const saveFilter = (family: Family, live: LiveReader): Promise<string> =>
  save(family, ['-t', 'filter'], live);

/** The same of all tables that are there. */
export const saveTables = (family: Family, live: LiveReader): Promise<string> => save(family, [], live);

async function save(family: Family, words: readonly string[], live: LiveReader): Promise<string> {
  const program = family === 'v4' ? 'iptables-save' : 'ip6tables-save';
  const saved = await live.query([program, ...words]);
  if (saved.exitCode === 0) return saved.stdout;
  const why = saved.stderr.trim().split('\n')[0] ?? '';
  throw new Error(
    `What the firewall does cannot be seen: "${program}" exited with ${saved.exitCode}: ${why}`,
  );
}
