import type { Query, Ran } from './host.ts';

const DPKG_STATUS = '/var/lib/dpkg/status';

/**
 * dpkg-query answers from one file, so its answers hold for as long as that file is the same. A cycle every half
 * minute asks the same question; starting a process for it costs a Pi more than everything else about packages.
 */
export function rememberingPackages(
  query: (argv: Query) => Promise<Ran>,
  stamp: (path: string) => Promise<string | null>,
): (argv: Query) => Promise<Ran> {
  const answers = new Map<string, { readonly stamp: string; readonly ran: Ran }>();
  return async (argv) => {
    if (argv[0] !== 'dpkg-query') return query(argv);
    // Before the question: what dpkg writes meanwhile must not be missed.
    const now = await stamp(DPKG_STATUS);
    const asked = JSON.stringify(argv);
    const known = answers.get(asked);
    if (known !== undefined && known.stamp === now) return known.ran;
    const ran = await query(argv);
    if (now !== null) answers.set(asked, { stamp: now, ran });
    return ran;
  };
}
