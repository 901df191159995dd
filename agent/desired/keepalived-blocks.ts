/** One line of a keepalived.conf(5), or what of it stands between two braces. */
export type Statement = { readonly words: readonly string[]; readonly line: number };

/** `vrrp_instance VI_1 { … }`: what stands before the brace, and what is inside. */
export type Block = {
  readonly head: readonly string[];
  readonly line: number;
  /** Those of inner blocks left out. */
  readonly statements: readonly Statement[];
  readonly blocks: readonly Block[];
};

/** The blocks at the top, each with those in it, and what stands in none. One that is not closed is left out. */
export function keepalivedBlocks(text: string): Pick<Block, 'statements' | 'blocks'> {
  type Open = { readonly head: Statement; readonly statements: Statement[]; readonly blocks: Block[] };
  const open: [Open, ...Open[]] = [{ head: { words: [], line: 0 }, statements: [], blocks: [] }];
  for (const { words, line } of piecesOf(text)) {
    const inside = open.at(-1)!;
    if (words[0] === '{')
      open.push({ head: inside.statements.pop() ?? { words: [], line }, statements: [], blocks: [] });
    else if (words[0] !== '}') inside.statements.push({ words, line });
    else if (open.length > 1) {
      const { head, ...rest } = open.pop()!;
      open.at(-1)!.blocks.push({ head: head.words, line: head.line, ...rest });
    }
  }
  return open[0];
}

/** `!` and `#` begin comments; quotes hold words together; a brace is a piece of its own. */
function* piecesOf(text: string): Generator<Statement> {
  for (const [index, whole] of text.split('\n').entries()) {
    const line = index + 1;
    let words: string[] = [];
    for (const word of whole.match(/"[^"]*"|[{}]|[!#].*$|[^\s{}"!#]+/g) ?? []) {
      if (/^[!#]/.test(word)) continue;
      if (word !== '{' && word !== '}') {
        words.push(word.replace(/^"(.*)"$/, '$1'));
        continue;
      }
      if (words.length > 0) yield { words, line };
      words = [];
      yield { words: [word], line };
    }
    if (words.length > 0) yield { words, line };
  }
}

/** The last statement of this name: keepalived takes that one. Names with `@` before them are for other hosts, maybe. */
export const statement = ({ statements }: Pick<Block, 'statements'>, name: string): Statement | null =>
  statements.findLast(({ words }) => words[0] === name) ?? null;

/** `null`: it is not there, or is no number in itself (a variable). */
export function numberOf(block: Pick<Block, 'statements'>, name: string): number | null {
  const word = statement(block, name)?.words[1];
  const value = word === undefined ? Number.NaN : Number(word);
  return Number.isFinite(value) ? value : null;
}

/** Everything in the blocks of this name, a statement each, whether they stand on lines of their own or not. */
export const statementsIn = ({ blocks }: Pick<Block, 'blocks'>, name: string): readonly Statement[] =>
  blocks.filter(({ head }) => head[0] === name).flatMap(({ statements }) => statements);

/** Whether a VRRP instance carries an address, with a prefix length or without. */
export const holdsAddress = (instance: Block, address: string): boolean =>
  ['virtual_ipaddress', 'virtual_ipaddress_excluded'].some((name) =>
    statementsIn(instance, name).some(({ words }) => words[0]?.split('/')[0] === address),
  );

/** Whether the text refers to other files, or has variables or conditions, so that it does not itself say what is meant. */
export const refersElsewhere = (at: Pick<Block, 'statements' | 'blocks'>): boolean =>
  at.statements.some(({ words }) => isElsewhere(words)) ||
  at.blocks.some((block) => isElsewhere(block.head) || refersElsewhere(block));

/** `include FILE`, `@host` before a line, `$NAME=`, `$NAME` and `~SEQ(…)`. */
const isElsewhere = (words: readonly string[]): boolean =>
  /^(include[rwmb]*$|[$@~])/.test(words[0] ?? '') || words.some((word) => /^[$~]/.test(word));
