import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseRule } from '../../../agent/resources/ufw-grammar.ts';
import { arrange, isOurs, observePlaces, ourComment, place } from '../../../agent/resources/ufw-placing.ts';
import {
  blockOf,
  parseRulesFile,
  printRulesFile,
  type Block,
  type KeptRule,
} from '../../../agent/resources/ufw-rules-file.ts';
import { identity, perFamily } from '../../../agent/resources/ufw-tuple.ts';

/** `allow 22/tcp`, in IPv4. */
function rule(text: string, comment = ''): KeptRule {
  const found = parseRule(text);
  if ('problem' in found) throw new Error(found.problem);
  return { ...perFamily(found.rule)[0]!, comment };
}
const ours = (text: string): Block => blockOf(rule(text, 'holdfast'));
const theirs = (text: string): Block => blockOf(rule(text));
const wants = (...texts: readonly string[]): readonly KeptRule[] => texts.map((text) => rule(text));

function after(blocks: readonly Block[], wanted: readonly KeptRule[]): readonly Block[] {
  const seen = observePlaces(blocks, new Set(wanted.map(identity)));
  return arrange(blocks, place(wanted, seen, 'v4'), 'v4');
}
/** `22` is ours, `22*` the user's. */
const shown = (blocks: readonly Block[]): string =>
  blocks.map((block) => `${block.rule!.to.port}${isOurs(block.rule!) ? '' : '*'}`).join(' ');

describe('the place of a rule among the user’s', () => {
  it.each([
    ['the end, when none of ours is there', [theirs('allow 1')], ['allow 2', 'allow 3'], '1* 2 3'],
    [
      'directly behind the one that it follows',
      [ours('allow 2'), theirs('allow 1')],
      ['allow 2', 'allow 3'],
      '2 3 1*',
    ],
    [
      'directly before the one that follows it',
      [theirs('allow 1'), ours('allow 3'), theirs('allow 4')],
      ['allow 2', 'allow 3'],
      '1* 2 3 4*',
    ],
    [
      'where it is, when nothing is out of order',
      [ours('allow 2'), theirs('allow 1'), ours('allow 3')],
      ['allow 2', 'allow 3'],
      '2 1* 3',
    ],
    [
      'between two of ours that stay',
      [ours('allow 2'), theirs('allow 1'), ours('allow 4')],
      ['allow 2', 'allow 3', 'allow 4'],
      '2 3 1* 4',
    ],
    [
      'behind the user’s own one that does what the line before it says',
      [theirs('allow 1'), theirs('allow 2'), theirs('allow 5')],
      ['allow 2', 'allow 3'],
      '1* 2* 3 5*',
    ],
    [
      'before the user’s own one that the line behind it means',
      [theirs('allow 1'), theirs('allow 3')],
      ['allow 2', 'allow 3'],
      '1* 2 3*',
    ],
  ])('is %s', (_where, blocks, wanted, expected) => {
    expect(shown(after(blocks, wants(...wanted)))).toBe(expected);
  });

  it('is put right with as few moves as can be', () => {
    const blocks = [ours('allow 4'), theirs('allow 9'), ours('allow 1'), ours('allow 2'), ours('allow 3')];
    expect(shown(after(blocks, wants('allow 1', 'allow 2', 'allow 3', 'allow 4')))).toBe('9* 1 2 3 4');
  });

  it('yields to rules of the user’s own that stand the other way round', () => {
    const blocks = [theirs('allow 2'), theirs('allow 1')];
    expect(shown(after(blocks, wants('allow 1', 'allow 3', 'allow 2')))).toBe('2* 3 1*');
  });

  it('is kept when the commit only changes what the rule does', () => {
    const blocks = [ours('allow 1'), theirs('allow 9'), ours('allow 2')];
    const changed = after(blocks, wants('allow 1', 'deny 2'));
    expect(shown(changed)).toBe('1 9* 2');
    expect(changed[2]!.rule!.action).toBe('deny');
  });

  it('of a used rule whose owner took it away is where it was, with the comment it had', () => {
    const blocks = [theirs('allow 1'), blockOf(rule('allow 2', 'their words')), theirs('allow 3')];
    const before = observePlaces(blocks, new Set([identity(rule('allow 2'))]));
    const restored = arrange([blocks[0]!, blocks[2]!], before, 'v4');
    expect(restored).toEqual(blocks);
  });
});

const port = fc.integer({ min: 1, max: 12 });
const action = fc.constantFrom('allow', 'deny', 'limit');
const someBlocks = fc
  .uniqueArray(fc.record({ port, action, own: fc.boolean() }), { selector: (one) => one.port, maxLength: 10 })
  .map((list) => list.map((one) => (one.own ? ours : theirs)(`${one.action} ${one.port}`)));
const someWanted = fc
  .uniqueArray(fc.record({ port, action }), { selector: (one) => one.port, maxLength: 10 })
  .map((list) => list.map((one) => rule(`${one.action} ${one.port}`)));

/** A rule of the user's with another action is refused before anything is placed. */
const clash = (blocks: readonly Block[], wanted: readonly KeptRule[]): boolean =>
  wanted.some((one) =>
    blocks.some(
      ({ rule: there }) =>
        there !== null && !isOurs(there) && identity(there) === identity(one) && there.action !== one.action,
    ),
  );

describe('laws, for any file and any wish', () => {
  const check = (holds: (blocks: readonly Block[], wanted: readonly KeptRule[]) => void): void =>
    fc.assert(
      fc.property(someBlocks, someWanted, (blocks, wanted) => {
        fc.pre(!clash(blocks, wanted));
        holds(blocks, wanted);
      }),
      { numRuns: 500 },
    );
  const places = (blocks: readonly Block[], wanted: readonly KeptRule[]) =>
    observePlaces(blocks, new Set(wanted.map(identity)));
  const texts = (blocks: readonly Block[]): readonly string[] => blocks.map(({ raw }) => raw);

  it('the second plan is empty', () => {
    check((blocks, wanted) => {
      const seen = places(after(blocks, wanted), wanted);
      expect(place(wanted, seen, 'v4')).toEqual(seen);
    });
  });

  it('every wanted rule is there with its action, and nothing else is ours', () => {
    check((blocks, wanted) => {
      const rules = after(blocks, wanted).map((block) => block.rule!);
      for (const one of wanted)
        expect(rules.find((there) => identity(there) === identity(one))?.action).toBe(one.action);
      const asked = new Set(wanted.map(identity));
      expect(rules.filter((there) => isOurs(there) && !asked.has(identity(there)))).toEqual([]);
      expect(new Set(rules.map(identity)).size).toBe(rules.length);
    });
  });

  it('the user’s rules are all there, untouched and in their order', () => {
    const own = (blocks: readonly Block[]): readonly string[] =>
      texts(blocks.filter(({ rule: one }) => !isOurs(one!)));
    check((blocks, wanted) => expect(own(after(blocks, wanted))).toEqual(own(blocks)));
  });

  it('ours are in the wanted order, and only the user’s own may disturb it', () => {
    check((blocks, wanted) => {
      const all = after(blocks, wanted);
      const own = all.filter(({ rule: one }) => isOurs(one!)).map(({ rule: one }) => identity(one!));
      const used = new Set(
        all.filter(({ rule: one }) => !isOurs(one!)).map(({ rule: one }) => identity(one!)),
      );
      expect(own).toEqual(wanted.map(identity).filter((one) => !used.has(one)));
    });
  });

  it('going back restores the file exactly', () => {
    check((blocks, wanted) => {
      const before = places(blocks, wanted);
      expect(texts(arrange(after(blocks, wanted), before, 'v4'))).toEqual(texts(blocks));
    });
  });

  it('a rule that its owner adds meanwhile changes no plan', () => {
    fc.assert(
      fc.property(someBlocks, someWanted, fc.nat(20), (blocks, wanted, where) => {
        fc.pre(!clash(blocks, wanted));
        const there = [...after(blocks, wanted)];
        there.splice(where % (there.length + 1), 0, theirs('deny 99'));
        const seen = places(there, wanted);
        expect(place(wanted, seen, 'v4')).toEqual(seen);
      }),
    );
  });

  it('a rules file is printed as it was read', () => {
    check((blocks) => {
      const text = printRulesFile({
        head: '*filter\n### RULES ###\n',
        blocks,
        tail: '### END RULES ###\nCOMMIT\n',
      });
      expect(printRulesFile(parseRulesFile(text, 'v4')!)).toBe(text);
      expect(parseRulesFile(text, 'v4')!.blocks).toEqual(blocks);
    });
  });
});

it('our mark is a comment that keeps the user’s words', () => {
  expect(ourComment('')).toBe('holdfast');
  expect(ourComment('the VIP')).toBe('holdfast: the VIP');
  expect(['holdfast', 'holdfast: x', 'holdfastly', 'x', ''].map((comment) => isOurs({ comment }))).toEqual([
    true,
    true,
    false,
    false,
    false,
  ]);
});
