import { parseEnds } from './ufw-ends.ts';
import { parseShort } from './ufw-short.ts';
import { ACTIONS, ANYWHERE, type UfwRule } from './ufw-tuple.ts';
import { meant, RuleProblem, splitWords } from './ufw-words.ts';

/**
 * A rule as `ufw` takes it on its command line (ufw(8), RULE SYNTAX; parser.py), without the word ufw. What ufw
 * itself accepts with a surprise (a port given twice, a mask with holes) is refused with a sentence.
 */
export function parseRule(text: string): { readonly rule: UfwRule } | { readonly problem: string } {
  try {
    return { rule: rule(splitWords(text)) };
  } catch (error) {
    if (error instanceof RuleProblem) return { problem: error.message };
    throw error;
  }
}

function rule(all: readonly string[]): UfwRule {
  const { words, comment } = withoutComment(all);
  const head = takeHead(words);
  const rest = words.slice(head.length);
  const begun: UfwRule = {
    family: 'both',
    route: head.route,
    action: head.action,
    log: head.log,
    ...head.where,
    protocol: 'any',
    to: ANYWHERE,
    from: ANYWHERE,
    comment,
  };
  const onInterface = head.where.interfaceIn !== '' || head.where.interfaceOut !== '';
  if (rest.length === 0 && onInterface) return begun;
  if (rest.length === 0)
    throw new RuleProblem(
      `It does not say what to ${head.action}. Write a port, as in "${head.action} 22/tcp".`,
    );
  if (rest.length > 1) return parseEnds(begun, rest, onInterface);
  if (onInterface)
    throw new RuleProblem(
      `"${rest[0]}" alone cannot stand behind an interface. Write the long form, as in "to any port 22 proto tcp".`,
    );
  return parseShort(begun, rest[0]!);
}

function withoutComment(all: readonly string[]): {
  readonly words: readonly string[];
  readonly comment: string;
} {
  const at = all.indexOf('comment');
  if (at < 0) return { words: all, comment: '' };
  const comment = all[at + 1];
  if (comment === undefined || comment === '')
    throw new RuleProblem(
      `"comment" is followed by nothing. Write its text, as in comment 'for the backup'.`,
    );
  if (all.length > at + 2)
    throw new RuleProblem(`A comment stands at the end. Put its text in quotation marks if it has spaces.`);
  // ufw keeps one line a rule and refuses ' (parser.py); anything else survives its hexadecimal form.
  if (/['\n\r]/.test(comment))
    throw new RuleProblem(`A comment cannot hold ' or a line break. Leave it out.`);
  return { words: all.slice(0, at), comment };
}

type Where = Pick<UfwRule, 'direction' | 'interfaceIn' | 'interfaceOut'>;
type Head = {
  readonly length: number;
  readonly route: boolean;
  readonly action: UfwRule['action'];
  readonly log: UfwRule['log'];
  readonly where: Where;
};

/** `[route] ACTION [in|out] [on IFACE] [log|log-all]`. */
function takeHead(words: readonly string[]): Head {
  const route = words[0] === 'route';
  const action = actionOf(words[route ? 1 : 0], route);
  let at = route ? 2 : 1;
  const first = takeInterface(words, at);
  at += first.length;
  const second = first.name === '' ? first : takeInterface(words, at);
  if (second !== first) at += second.length;
  const log = words[at] === 'log' || words[at] === 'log-all' ? words[at] : '';
  const where = route ? routed(first, second) : forHost(first, second);
  return { length: at + (log === '' ? 0 : 1), route, action, log: log as UfwRule['log'], where };
}

function actionOf(word: string | undefined, route: boolean): UfwRule['action'] {
  const action = ACTIONS.find((known) => known === word);
  if (action !== undefined) return action;
  if (word === 'ufw' || word === 'sudo')
    throw new RuleProblem(
      'It begins with a command. Write only what follows the word ufw, as in "allow 22/tcp".',
    );
  if (['delete', 'insert', 'prepend', 'rule'].includes(word ?? ''))
    throw new RuleProblem(
      `"${word}" is not part of a rule: the list's own order counts, and what is not in it is removed. Leave it out.`,
    );
  const place = route ? 'Behind "route" comes' : 'A rule begins with';
  throw new RuleProblem(
    `${place} allow, deny, reject or limit${word === undefined ? '' : `, and this is "${word}"`}.${meant(word ?? '', [...ACTIONS, 'route'])}`,
  );
}

type Taken = { readonly direction: '' | 'in' | 'out'; readonly name: string; readonly length: 0 | 1 | 3 };

function takeInterface(words: readonly string[], at: number): Taken {
  const direction = words[at];
  if (direction !== 'in' && direction !== 'out') return { direction: '', name: '', length: 0 };
  if (words[at + 1] !== 'on') return { direction, name: '', length: 1 };
  const name = words[at + 2];
  if (name === undefined)
    throw new RuleProblem('"on" is followed by nothing. Name an interface, as in "in on eth0".');
  // What ufw takes (common.py, set_interface), which is less than what the kernel does.
  if (name === '.' || name === '..' || !/^[a-zA-Z0-9_\-.+,=%@]{1,15}$/.test(name))
    throw new RuleProblem(
      `"${name}" is not an interface's name. Write it as "ip link" shows it, as in "in on eth0".`,
    );
  return { direction, name, length: 3 };
}

function forHost(first: Taken, second: Taken): Where {
  if (second !== first && second.length > 0)
    throw new RuleProblem('Only a "route" rule has two directions. Leave one out, or begin with "route".');
  const direction = first.direction || 'in';
  const name = (of: 'in' | 'out'): string => (direction === of ? first.name : '');
  return { direction, interfaceIn: name('in'), interfaceOut: name('out') };
}

function routed(first: Taken, second: Taken): Where {
  const given = [first, ...(second === first ? [] : [second])].filter(({ direction }) => direction !== '');
  if (given.some(({ name }) => name === '') || (given.length === 2 && first.direction === second.direction))
    throw new RuleProblem(
      'A direction in a "route" rule names its interface, as in "in on eth0 out on eth1".',
    );
  const name = (of: 'in' | 'out'): string => given.find(({ direction }) => direction === of)?.name ?? '';
  const [interfaceIn, interfaceOut] = [name('in'), name('out')];
  // With both, ufw reads its own file back as "in".
  return { direction: interfaceIn === '' && interfaceOut !== '' ? 'out' : 'in', interfaceIn, interfaceOut };
}
