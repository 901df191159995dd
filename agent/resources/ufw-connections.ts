import type { Family } from './ufw-tuple.ts';

export type Connection = {
  readonly family: Family;
  readonly local: string;
  readonly peer: string;
  /** Since something came in or went out; `null`: the kernel does not say. */
  readonly silentMs: number | null;
};

/** Lines of `ss -H -t -n -i -O`, without what this host talks about with itself: ufw accepts all of lo. */
export function parseConnections(text: string): readonly Connection[] {
  const connections = text.split('\n').flatMap((line): readonly Connection[] => {
    const [state, , , local = '', peer = ''] = line.trim().split(/\s+/);
    if (state !== 'ESTAB') return [];
    const [here, there] = [plain(local), plain(peer)];
    return [
      { family: here.startsWith('[') ? 'v6' : 'v4', local: here, peer: there, silentMs: silentMs(line) },
    ];
  });
  const ends = new Set(connections.map(({ local, peer }) => `${local} ${peer}`));
  return connections.filter(({ local, peer }) => !ends.has(`${peer} ${local}`));
}

/** `[::ffff:10.1.1.1]:6443` is IPv4. */
const plain = (word: string): string => word.replace(/^\[::ffff:([\d.]+)\]/, '$1');

/** ss leaves out a value of 0; a line without `rto:` has none of them. */
function silentMs(line: string): number | null {
  if (!/ rto:/.test(line)) return null;
  const since = ['lastsnd', 'lastrcv', 'lastack'].map((name) =>
    Number(new RegExp(` ${name}:(\\d+)`).exec(line)?.[1] ?? 0),
  );
  return Math.min(...since);
}
