import { haproxyWords } from './haproxy-words.ts';

/** One line of a haproxy.cfg: its words, and its number from 1. */
export type Directive = { readonly words: readonly string[]; readonly line: number };
export type Section = {
  readonly kind: string;
  readonly name: string;
  readonly line: number;
  readonly directives: readonly Directive[];
};

const KINDS =
  /^(global|defaults|frontend|backend|listen|peers|resolvers|userlist|mailers|cache|program|ring|http-errors|log-forward|fcgi-app)$/;

/** HAProxy's configuration manual, 2: sections begin with a keyword at the start of a line. */
export function haproxySections(text: string): readonly Section[] {
  const sections: { kind: string; name: string; line: number; directives: Directive[] }[] = [];
  for (const [index, whole] of text.split('\n').entries()) {
    const words = haproxyWords(whole);
    const [first, second] = words;
    if (first === undefined) continue;
    const line = index + 1;
    if (KINDS.test(first)) sections.push({ kind: first, name: second ?? '', line, directives: [] });
    else sections.at(-1)?.directives.push({ words, line });
  }
  return sections;
}

/** Where it says `bind`: an address (`null`: all of this host's) and a port. Ranges and sockets are nobody's business here. */
export type Bind = { readonly address: string | null; readonly port: number; readonly line: number };

export const bindsOf = ({ directives }: Section): readonly Bind[] =>
  directives
    .filter(({ words }) => words[0] === 'bind')
    .flatMap(({ words, line }) => (words[1] ?? '').split(',').flatMap((where) => bindOf(where, line)));

function bindOf(where: string, line: number): readonly Bind[] {
  const [, address, port] = /^(?:ipv4@)?(\*|[\d.]*):(\d+)$/.exec(where) ?? [];
  if (port === undefined) return [];
  const isAny = address === '' || address === '*' || address === '0.0.0.0';
  return [{ address: isAny ? null : address!, port: Number(port), line }];
}

/** HAProxy's times are milliseconds unless they say otherwise; `null`: not a time. */
export function haproxyMs(word: string | undefined): number | null {
  const [, amount, unit = 'ms'] = /^(\d+)(us|ms|s|m|h|d)?$/.exec(word ?? '') ?? [];
  return amount === undefined ? null : Number(amount) * MS[unit as keyof typeof MS];
}
const MS = { us: 0.001, ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** The frontends and listens that answer on an address and port, or on all addresses. */
export const servingAt = (
  sections: readonly Section[],
  address: string,
  port: number,
): readonly (Section & { readonly bind: Bind })[] =>
  sections.flatMap((section) => {
    const bind = bindsOf(section).find(
      (one) => one.port === port && (one.address === null || one.address === address),
    );
    return bind === undefined ? [] : [{ ...section, bind }];
  });

/** The backends that an API server of the cluster is in, `listen` sections among them. */
export const serving = (sections: readonly Section[], servers: ReadonlySet<string>): readonly Section[] =>
  sections.filter(({ directives }) =>
    directives.some(({ words }) => words[0] === 'server' && servers.has(words[2] ?? '')),
  );
