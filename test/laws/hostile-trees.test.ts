import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { candidateOf } from '../../agent/desired/candidate.ts';
import { formatDiagnostics, type Diagnostic } from '../../agent/desired/diagnostics.ts';
import { everyHost } from '../../agent/desired/every-host.ts';
import { TreeProblem } from '../../agent/desired/tree.ts';
import { openTree } from '../../agent/host/tree.ts';
import { KINDS } from '../../agent/resources/index.ts';
import { LESSON } from '../unit/desired/lesson.ts';

// Whatever is in a repository, `validate` and the agent's own reading of it end with sentences: they do not hang (the
// time-out of the test), throw what nobody has explained, or touch anything outside.

const NAMES = Object.keys(LESSON);
const name = fc.oneof(
  fc.constantFrom(
    ...NAMES,
    'roles/control-plane.yaml',
    'roles/master.yaml',
    'hosts/kubernetes-node-1.yaml',
    'files/other.eta',
  ),
  fc.constantFrom('hosts', 'files', 'roles', 'files/\u001b[31m', 'hosts/A.yaml', 'hosts/\u202ea.yaml'),
);
/** What YAML and templates are made of, in no order. */
const WORDS = 'files units ufw rules sysctls /etc/a null ~ 1e9 << template source ../.. /etc/shadow'.split(
  ' ',
);
const SIGNS = '{ } [ ] &a *a !x | > " \' # - ? <% %> <%='.split(' ').flatMap((sign) => [sign, `${sign} `]);
const PIECES = [': ', ':\n  ', '\n', '\t', 'it.vrrp', ' while(1);', "include('other')", '\0', '\ud800'];
const scraps = fc
  .array(fc.constantFrom(...WORDS, ...SIGNS, ...PIECES), { maxLength: 40 })
  .map((parts) => parts.join(''));
/** A file of the lesson with something cut out and something put in. */
const damaged = fc
  .tuple(fc.constantFrom(...Object.values(LESSON)), fc.nat(), fc.nat(80), scraps)
  .map(([text, at, length, scrap]) => {
    const from = at % text.length;
    return text.slice(0, from) + scrap + text.slice(from + length);
  });
const content = fc.oneof(damaged, scraps, fc.uint8Array({ maxLength: 200 }));
const target = fc.constantFrom(
  '/etc/shadow',
  '../outside',
  '..',
  '.',
  'files',
  'defaults.yaml',
  'nowhere',
  '/dev/zero',
);
const entry = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('file' as const), name, content }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('link' as const), name, target }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('pipe' as const), name }) },
);

type Entry = typeof entry extends fc.Arbitrary<infer One> ? One : never;

/** Of one name the first counts. Files come before links, so that nothing is written through one of these. */
function laidOut(entries: readonly Entry[]): { readonly outer: string; readonly root: string } {
  const outer = mkdtempSync(join(tmpdir(), 'holdfast-hostile-'));
  const root = join(outer, 'state');
  writeFileSync(join(outer, 'outside'), 'untouched');
  const files: readonly Entry[] = NAMES.map((path) => ({
    kind: 'file',
    name: path,
    content: LESSON[path as keyof typeof LESSON],
  }));
  const first = new Map([...entries, ...files].toReversed().map((one) => [one.name, one]));
  for (const one of [...first.values()].toSorted((a, b) => ORDER[a.kind] - ORDER[b.kind])) {
    const path = join(root, one.name);
    try {
      mkdirSync(dirname(path), { recursive: true });
      if (one.kind === 'file') writeFileSync(path, one.content, { flag: 'wx' });
      else if (one.kind === 'link') symlinkSync(one.target, path);
      else execFileSync('mkfifo', [path], { stdio: 'ignore' });
    } catch {
      // One name is a file here, and a folder there.
    }
  }
  return { outer, root };
}
const ORDER = { file: 0, pipe: 1, link: 2 } as const;

/** Node's own `recursive` goes through links, and through one to "." for ever. */
const namesBelow = (folder: string): readonly string[] =>
  readdirSync(folder, { withFileTypes: true }).flatMap((one) => {
    const path = join(folder, one.name);
    return one.isDirectory() ? [path, ...namesBelow(path)] : [path];
  });
const namesIn = (folder: string): string =>
  namesBelow(folder)
    .toSorted((a, b) => (a < b ? -1 : 1))
    .join('\n');

/** What `validate` and the agent say. */
async function said(root: string): Promise<string> {
  const tree = openTree(root);
  const identity = { hostname: 'kubernetes-node-1', addresses: new Map([['eth0', ['10.1.1.1']]]) };
  const asked = { tree, from: { directory: root }, identity, checkAddress: true, kinds: KINDS, unlock: null };
  const all: Diagnostic[] = [];
  const ways = [() => everyHost(tree, KINDS), () => candidateOf(asked)];
  for (const way of ways)
    try {
      const found = await way();
      if ('diagnostics' in found) all.push(...found.diagnostics);
    } catch (problem) {
      // Of this class both make a refusal; everything else would be a fault of the program.
      if (!(problem instanceof TreeProblem)) throw problem;
    }
  return formatDiagnostics(all, { colour: false });
}

it('any tree ends with sentences that act on no terminal, and nothing outside is touched', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(entry, { minLength: 1, maxLength: 5 }), async (entries) => {
      const { outer, root } = laidOut(entries);
      try {
        const before = namesIn(root);
        const text = await said(root);
        expect(text).not.toMatch(/Cannot read propert|is not a function|\[object Object\]|at .*\.ts:\d+/);
        // eslint-disable-next-line no-control-regex
        expect(text).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202e]/);
        expect(namesIn(root)).toBe(before);
        expect(readdirSync(outer).toSorted()).toEqual(['outside', 'state']);
      } finally {
        rmSync(outer, { recursive: true, force: true });
      }
    }),
    { numRuns: process.env['HOLDFAST_SOAK'] === '1' ? 3_000 : 80 },
  );
});
