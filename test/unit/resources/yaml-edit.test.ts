import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseDocument, stringify } from 'yaml';
import { edited, look } from '../../../agent/resources/yaml-edit.ts';
import type { Wish } from '../../../agent/resources/yaml-ways.ts';

const PATH = '/etc/x.yaml';
const is = (value: unknown): Wish => ({ is: JSON.stringify(value), layout: null });
const set = (text: string, address: string, value: unknown): string =>
  edited(PATH, text, new Map([[address, is(value)]]));
const removed = (text: string, address: string): string => edited(PATH, text, new Map([[address, null]]));
const seen = (text: string, address: string) => look(PATH, text, [address]).get(address);

/** As it was seen in `before`, brought about in `text`. */
function back(text: string, before: string, ...addresses: readonly string[]): string {
  const wishes = [...look(PATH, before, addresses)].map(([address, entry]): readonly [string, Wish] => [
    address,
    entry !== null && 'missing' in entry ? null : entry,
  ]);
  return edited(PATH, text, new Map(wishes));
}

const MANIFEST = `apiVersion: v1
kind: Pod
metadata:
  annotations:
    kubeadm.kubernetes.io/kube-apiserver.advertise-address.endpoint: 10.1.1.1:6443   # kubeadm's
  name: kube-apiserver
spec:
  containers:
  - command:
    - kube-apiserver
    - --advertise-address=10.1.1.1
    - "--secure-port=6443"
    # the end
    image: registry.k8s.io/kube-apiserver:v1.31.5
    livenessProbe:
      httpGet: {host: 10.1.1.1, port: 6443}
    name: kube-apiserver
  hostNetwork: true
status: {}
`;
const COMMAND = 'spec.containers[name=kube-apiserver].command';
const ENDPOINT = 'metadata.annotations["kubeadm.kubernetes.io/kube-apiserver.advertise-address.endpoint"]';

describe('a value is replaced where it stands, as it is written there', () => {
  test.each<[string, string, unknown, string]>([
    ['a: 1\nb: 2 # why\n', 'b', 3, 'a: 1\nb: 3 # why\n'],
    ['a: one\n', 'a', 'two', 'a: two\n'],
    ['a: "one"\n', 'a', 'two', 'a: "two"\n'],
    ["a: 'one'\n", 'a', "it's", "a: 'it''s'\n"],
    ['a: one\n', 'a', '6443', 'a: "6443"\n'],
    ['a: one\n', 'a', 'on', 'a: "on"\n'],
    ['a: one\n', 'a', 'x: y # z', 'a: "x: y # z"\n'],
    ['a: one\n', 'a', '10.1.1.1:6443', 'a: 10.1.1.1:6443\n'],
    ['a:   one\n', 'a', true, 'a:   true\n'],
    ['a:\tone\n', 'a', 'two', 'a:\ttwo\n'],
    ['a: \tone\n', 'a', 'two', 'a: \ttwo\n'],
    ['a:\n', 'a', 'x', 'a: x\n'],
    ['a: {b: 1, c: [x]}\n', 'a.b', 2, 'a: {b: 2, c: [x]}\n'],
    ['{"a": "x"}', 'a', 'y', '{"a": "y"}'],
    ['"a.b/c": x\n', '["a.b/c"]', 'z', '"a.b/c": z\n'],
    ['a: x\r\nb: y\r\n', 'a', 'z', 'a: z\r\nb: y\r\n'],
    ['\ufeffa: x', 'a', 'z', '\ufeffa: z'],
    ['---\na: x\n...\n', 'a', 'z', '---\na: z\n...\n'],
    ['l:\n- n: a\n  v: 1\n- {n: b, v: 2}\n', 'l[n=b].v', 9, 'l:\n- n: a\n  v: 1\n- {n: b, v: 9}\n'],
    ['a: &x 1\nb: 2\nc: *x\n', 'b', 3, 'a: &x 1\nb: 3\nc: *x\n'],
  ])('%j with %s = %j', (text, address, value, expected) => {
    expect(set(text, address, value)).toBe(expected);
    expect(back(expected, text, address)).toBe(text);
  });
});

describe('what is not there is added behind its neighbours, and taken out again without a trace', () => {
  test.each<[string, string, unknown, string]>([
    ['m:\n  a: 1 # one\n\nz: 1\n', 'm.b', 'x', 'm:\n  a: 1 # one\n  b: x\n\nz: 1\n'],
    ['m:\n  a:\n  - 1\n  - 2\nz: 1', 'm.b', 'x', 'm:\n  a:\n  - 1\n  - 2\n  b: x\nz: 1'],
    ['a: 1', 'b', 2, 'a: 1\nb: 2'],
    ['a: 1\r\n', 'b', 2, 'a: 1\r\nb: 2\r\n'],
    ['a: |\n  text\nz: 1\n', 'm', 2, 'a: |\n  text\nz: 1\nm: 2\n'],
    ['m:\n  t: |\n    text\nz: 1\n', 'm.b', 2, 'm:\n  t: |\n    text\n  b: 2\nz: 1\n'],
    ['l:\n- n: a\n- n: b\n', 'l[n=a].v', 1, 'l:\n- n: a\n  v: 1\n- n: b\n'],
    ['m: {}\n', 'm.a', 1, 'm: {a: 1}\n'],
    ['m: { a: 1 }\n', 'm.b', 'x', 'm: { a: 1, b: x }\n'],
    ['{"a": "x"}\n', 'b', 'y', '{"a": "x", "b": "y"}\n'],
    ['a: 1\n', '["x.y/z w"]', 'v', 'a: 1\nx.y/z w: v\n'],
    ['c:\n- x\n', 'c[--flag]', 'v', 'c:\n- x\n- --flag=v\n'],
    ['c:\n  -   "x"\nd: 1\n', 'c[--flag]', 'v', 'c:\n  -   "x"\n  -   "--flag=v"\nd: 1\n'],
    ['c: [x, y]\n', 'c[--flag]', 'v', 'c: [x, y, --flag=v]\n'],
    ['c: []\n', 'c[--flag]', 'v', 'c: [--flag=v]\n'],
    ['c:\n- x # last\n', 'c[--flag]', '', 'c:\n- x # last\n- --flag=\n'],
  ])('%j with %s = %j', (text, address, value, expected) => {
    expect(set(text, address, value)).toBe(expected);
    expect(back(expected, text, address)).toBe(text);
  });
});

describe('what is removed takes its own line along, and comes back to where it stood', () => {
  test.each<[string, string, string]>([
    ['a: 1\nb: 2 # two\nc: 3\n', 'b', 'a: 1\nc: 3\n'],
    ['a: 1\nb: 2', 'b', 'a: 1'],
    ['a: 1\r\nb: 2', 'b', 'a: 1'],
    ['m:\n  a: 1\n# about z\nz: 1\n', 'm.a', 'm:\n  {}\n# about z\nz: 1\n'],
    ['l:\n- n: a\n  v: 1\n', 'l[n=a].v', 'l:\n- n: a\n'],
    ['l:\n- v: 1\n  n: a\n', 'l[n=a].v', 'l:\n- n: a\n'],
    ['m: {a: 1, b: 2}\n', 'm.a', 'm: {b: 2}\n'],
    ['m: {a: 1, b: 2}\n', 'm.b', 'm: {a: 1}\n'],
    ['m: { a: 1 }\n', 'm.a', 'm: {  }\n'],
    ['c: [--a, --b=1, c]\n', 'c[--b]', 'c: [--a, c]\n'],
    ['c:\n- x\n- --b=1 # why\n- y\n', 'c[--b]', 'c:\n- x\n- y\n'],
    ['c:\n- --b=1\n', 'c[--b]', 'c:\n []\n'],
  ])('%j without %s', (text, address, expected) => {
    expect(removed(text, address)).toBe(expected);
    expect(back(expected, text, address)).toBe(text);
  });
});

test('neighbours that went come back in the order in which they stood, whatever order they are named in', () => {
  const text = 'm:\n  a: 1\n  b: 2 # two\n  c: 3 # three\n  d: 4 # four\nl: [--a=1, --b=2, --c=3]\n';
  const addresses = ['m.d', 'm.b', 'm.c', 'l[--c]', 'l[--a]'];
  const without = edited(PATH, text, new Map(addresses.map((address) => [address, null])));
  expect(without).toBe('m:\n  a: 1\nl: [--b=2]\n');
  expect(back(without, text, ...addresses)).toBe(text);
  expect(back(without, text, ...addresses.toReversed())).toBe(text);
});

describe('how a value was written is used only where it says that value and nothing else', () => {
  const layout = { value: ' 1', index: 1, cut: { text: '  b: 1\n', how: 'lines' as const, lead: 0 } };
  const put = (text: string, of: typeof layout): string =>
    edited(PATH, text, new Map([['m.b', { is: '1', layout: of }]]));
  test.each([
    ['as it was', 'm:\n  a: 1\n', layout, 'm:\n  a: 1\n  b: 1\n'],
    ['the file is indented in another way now', 'm:\n    a: 1\n', layout, 'm:\n    a: 1\n    b: 1\n'],
    ['the file has another style now', 'm: {a: 1}\n', layout, 'm: {a: 1, b: 1}\n'],
    ['it is there with another value', 'm: {b: 2}\n', layout, 'm: {b: 1}\n'],
    [
      'it would bring more along',
      'm:\n  a: 1\n',
      { ...layout, cut: { ...layout.cut, text: '  b: 1\n  c: 1\n' } },
      'm:\n  a: 1\n  b: 1\n',
    ],
    ['it says something else', 'm: {b: 2}\n', { ...layout, value: ' 3' }, 'm: {b: 1}\n'],
  ])('%s', (_what, text, of, expected) => {
    expect(put(text, of)).toBe(expected);
  });
});

test('several edits of a manifest at once, and all of them back', () => {
  const wishes: Readonly<Record<string, Wish>> = {
    [ENDPOINT]: is('10.1.1.9:6443'),
    [`${COMMAND}[--advertise-address]`]: is('10.1.1.9'),
    [`${COMMAND}[--bind-address]`]: is('10.1.1.9'),
    [`${COMMAND}[--secure-port]`]: null,
    'spec.containers[name=kube-apiserver].livenessProbe.httpGet.host': is('10.1.1.9'),
  };
  const after = edited(PATH, MANIFEST, new Map(Object.entries(wishes)));
  expect(after).toBe(
    MANIFEST.replaceAll('10.1.1.1', '10.1.1.9').replace(
      '    - "--secure-port=6443"\n',
      '    - --bind-address=10.1.1.9\n',
    ),
  );
  expect(back(after, MANIFEST, ...Object.keys(wishes))).toBe(MANIFEST);
});

describe('a value is what kubelet reads, in YAML 1.1', () => {
  test.each<[string, unknown, unknown, string]>([
    ['a: 010 # eight\n', 8, 10, 'a: 10 # eight\n'],
    ['a: on\n', true, 'on', 'a: "on"\n'],
    ['a: y\n', true, 'y', 'a: "y"\n'],
    ['a: Off\n', false, true, 'a: true\n'],
    ['a: 1_000\n', 1000, '1_000', 'a: "1_000"\n'],
    ['a: 0b11\n', 3, '0b11', 'a: "0b11"\n'],
    ['a: 0x1F\n', 31, 30, 'a: 30\n'],
    ['a: 0o17\n', 15, '0o17', 'a: "0o17"\n'],
    ['a: 1:30\n', '1:30', 90, 'a: 90\n'],
    ['a: 2001-12-14\n', '2001-12-14', '2001-12-15', 'a: "2001-12-15"\n'],
    ['a: "on"\n', 'on', true, 'a: true\n'],
    ["a: '010'\n", '010', 10, 'a: 10\n'],
    ['a: 1.50\n', 1.5, 2, 'a: 2\n'],
    ['a: -0o17\n', -15, 1, 'a: 1\n'],
  ])('%j is %j, and another value is written so that every reader agrees', (text, value, other, expected) => {
    expect(seen(text, 'a')).toMatchObject({ is: JSON.stringify(value) });
    expect(set(text, 'a', value)).toBe(text);
    expect(set(text, 'a', other)).toBe(expected);
    expect(back(expected, text, 'a')).toBe(text);
    expect(back('b: 1\n', `${text}b: 1\n`, 'a')).toBe(`${text}b: 1\n`);
  });
});

describe('an argument of a list', () => {
  test.each([
    ['c:\n- --a=1\n', '"1"'],
    ['c:\n- --a=x=y\n', '"x=y"'],
    ['c:\n- --a=\n', '""'],
    ['c:\n- --a\n- --b=1\n', 'true'],
  ])('%j', (text, expected) => {
    expect(seen(text, 'c[--a]')).toMatchObject({ is: expected });
  });
  test('is not taken for one whose name it begins', () => {
    expect(seen('c:\n- --address-family=4\n', 'c[--address]')).toBeNull();
  });
  test('that stands alone comes back alone', () => {
    const text = 'c:\n- --a # on\n- --b=1\n';
    const after = set(text, 'c[--a]', 'false');
    expect(after).toBe('c:\n- --a=false # on\n- --b=1\n');
    expect(back(after, text, 'c[--a]')).toBe(text);
  });
});

test.each<[string, string, string]>([
  ['c:\n- --a=1\n- --a=2\n', 'c[--a]', 'c holds --a 2 times'],
  ['c:\n- --a\n- x\n', 'c[--a]', 'as two items. Write them as one, --a=VALUE.'],
  ['c:\n- --a_b=1\n', 'c[--a-b]', '/etc/x.yaml:2:3: c holds --a_b, which Kubernetes reads as --a-b.'],
  ['c:\n- --a-b=1\n- --a_b\n', 'c[--a-b]', '/etc/x.yaml:3:3: c holds --a_b'],
  ['c:\n- --a-b=1\n', 'c[--a_b]', 'c holds --a-b, which Kubernetes reads as --a_b.'],
  ['a: &x {b: 1}\nc: *x\n', 'c.b', 'c is an alias (*)'],
  ['a: &x {b: 1}\nc: *x\n', 'a.b', 'a has an anchor (&x)'],
  ['a: &x 1\nc: *x\n', 'a', 'a has an anchor (&x)'],
  ['a: &x 1\nc: *x\n', 'c', 'c is an alias (*)'],
  ['b: {x: 1}\nc:\n  <<: {x: 1}\n  d: 1\n', 'c.x', 'takes values from elsewhere ("<<")'],
  ['a: !!str 1\n', 'a', 'a has a tag'],
  ['a: |\n  x\n', 'a', 'a is a text of several lines'],
  ['a: "x\n  y"\n', 'a', 'is a text of several lines'],
  ['a: {b: 1}\n', 'a', 'a is a map or a list'],
  ['a: [1]\n', 'a.b', 'a is not a map of keys'],
  ['a: {b: 1}\n', 'a[--x]', 'a is not a list'],
  ['l: [{n: a}, {n: a}]\n', 'l[n=a].v', 'l[n=a] is said of 2 items'],
  ['a: 1\n---\nb: 1\n', 'a', '/etc/x.yaml:2:1: a second document begins here'],
  ['a: [1\nb: 2\n', 'a', '/etc/x.yaml:2:'],
  ['a: 1\na: 2\n', 'a', '/etc/x.yaml:2:1: this key stands twice'],
])('%j is not edited at %s: %s', (text, address, expected) => {
  expect(() => look(PATH, text, [address])).toThrow(expected);
});

test.each<[string, string, string]>([
  ['a: 1\n', 'm.b', 'it has no m'],
  ['a:\n', 'a.b', 'a holds nothing'],
  ['', 'a', 'the document holds nothing'],
  ['l:\n- n: b\n- n: c\n', 'l[n=a].v', 'it has no l[n=a], only n b, c'],
])('%j has no place for %s: %s', (text, address, missing) => {
  expect(seen(text, address)).toEqual({ missing });
  expect(set(text, address, 'x')).toBe(text);
});

test('no sentence about a broken file quotes it', () => {
  const secret = 'LS0tLS1CRUdJTiBQUklWQVRF';
  for (const text of [
    `a: "${secret}\nb: *${secret}`,
    `a: ${secret}: b\n`,
    `? ${secret}\n{`,
    `a: *${secret}\n`,
    `a: !${secret} 1\n`,
  ])
    try {
      look(PATH, text, ['a']);
    } catch (cause) {
      expect(String(cause)).not.toContain(secret);
    }
});

test.each([
  ['a map', 'map:\n  a: false\n  b: 0\nlast: 1\n', ['map.b', 'map.a']],
  ['a list in brackets', '{ command: [ --b=, --a= ] }\n', ['command[--b]', 'command[--a]']],
  ['the end of a text', 'command:\n- --a=\n- --c=]\nlast: 0', ['command[--c]', 'last']],
])('all that is taken out of %s comes back as it was', (_, before, addresses) => {
  const after = edited(PATH, before, new Map(addresses.map((address) => [address, null])));
  expect(after).not.toBe(before);
  expect(back(after, before, ...addresses)).toBe(before);
});

describe('of random documents', () => {
  const key = fc.constantFrom('a', 'b', 'c.d/e', 'f g', 'host', 'on', '1');
  const leaf = fc.oneof(
    fc.string({ maxLength: 12 }),
    fc.constantFrom('10.1.1.1', 'on', '0x1', '~', 'a: b', '# c', '- d', "it's", 'ü\u2028', 'x'.repeat(200)),
    fc.integer({ min: -5, max: 7000 }),
    fc.boolean(),
    fc.constant(null),
  );
  const item = fc.record({ name: fc.uuid(), host: leaf, port: leaf });
  const argument = fc.tuple(fc.constantFrom('--a', '--b', '--c', 'x'), fc.string({ maxLength: 6 }));
  const command = fc
    .uniqueArray(argument, { selector: ([name]) => name, maxLength: 4 })
    .map((all) => all.map(([name, value]) => (name === 'x' ? name : `${name}=${value}`)));
  const document = fc.record({
    map: fc.dictionary(key, leaf, { maxKeys: 4 }),
    list: fc.array(item, { maxLength: 3 }),
    command,
    last: leaf,
  });
  const style = fc.record({
    flow: fc.constantFrom(undefined, 'flow' as const),
    quotes: fc.constantFrom('PLAIN' as const, 'QUOTE_DOUBLE' as const, 'QUOTE_SINGLE' as const),
    indentSeq: fc.boolean(),
    indent: fc.constantFrom(2, 4),
    crlf: fc.boolean(),
    noNewline: fc.boolean(),
    comment: fc.boolean(),
  });
  const text = fc.record({ document, style }).map(({ document: value, style: of }) => {
    const written = stringify(value, {
      collectionStyle: of.flow ?? 'any',
      defaultStringType: of.quotes,
      defaultKeyType: 'PLAIN',
      indentSeq: of.indentSeq,
      indent: of.indent,
      lineWidth: 0,
      blockQuote: false,
    });
    const commented =
      of.comment && of.flow === undefined ? written.replace(/^( *[-\w].*[^\n])$/m, '$1 # why') : written;
    const ended = of.noNewline ? commented.replace(/\n$/, '') : commented;
    return { value, text: of.crlf ? ended.replaceAll('\n', '\r\n') : ended };
  });
  const edit = fc.record({
    where: fc.constantFrom('map', 'item', 'flag', 'last'),
    key,
    flag: fc.constantFrom('--a', '--b', '--c', '--d'),
    value: fc.option(
      fc.oneof(fc.string({ maxLength: 10 }), fc.constantFrom('10.1.1.9', 'on', "it's: #"), fc.boolean()),
    ),
  });
  type Edit = typeof edit extends fc.Arbitrary<infer E> ? E : never;
  const addressOf = (of: Edit, names: readonly string[]): string => {
    if (of.where === 'map') return `map[${JSON.stringify(of.key)}]`;
    if (of.where === 'item') return `list[name=${names[0] ?? 'none'}].host`;
    return of.where === 'flag' ? `command[${of.flag}]` : 'last';
  };
  const wishOf = (of: Edit): Wish => {
    if (of.value === null) return null;
    return is(of.where === 'flag' ? String(of.value) : of.value);
  };

  test('an edit changes what it names and no other byte, and its inverse gives every byte back', () => {
    fc.assert(
      fc.property(text, fc.array(edit, { minLength: 1, maxLength: 4 }), ({ value, text: before }, edits) => {
        const names = value.list.map(({ name }) => name);
        const wishes = new Map(edits.map((of) => [addressOf(of, names), wishOf(of)]));
        fc.pre(parseDocument(before).errors.length === 0);
        const first = look(PATH, before, [...wishes.keys()]);
        const after = edited(PATH, before, wishes);
        for (const [address, entry] of look(PATH, after, [...wishes.keys()])) {
          const wish = wishes.get(address) ?? null;
          if (entry !== null && 'missing' in entry) expect(first.get(address)).toEqual(entry);
          else expect(entry === null ? null : entry.is).toBe(wish === null ? null : wish.is);
        }
        expect(edited(PATH, after, wishes)).toBe(after);
        expect(back(after, before, ...wishes.keys())).toBe(before);
      }),
      { numRuns: process.env['HOLDFAST_SOAK'] === '1' ? 20_000 : 300 },
    );
  });
});
