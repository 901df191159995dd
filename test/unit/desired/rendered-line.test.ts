import { describe, expect, it } from 'vitest';
import { memoryTree } from '../../../agent/desired/memory-tree.ts';
import { atRenderedLine } from '../../../agent/desired/rendered-line.ts';
import { parseYaml } from '../../../agent/desired/yaml-source.ts';

/** Where in the template that is to be said which the host's file has in its line `line`. */
async function place(template: string, rendered: string, line: number): Promise<string> {
  const { source } = parseYaml('defaults.yaml', 'files: {}\n');
  const at = { source: source!, path: ['files'] };
  const entry = { at, fields: {}, value: { template: 'a.eta' } };
  const about = { severity: 'error', file: '/etc/a', line, message: 'is odd' } as const;
  const tree = memoryTree({ 'files/a.eta': template });
  const said = await atRenderedLine(about, rendered, entry, tree);
  return `${said.file}:${said.line}`;
}

describe('what is said of a line of a rendered file points at the template’s line', () => {
  it.each([
    ['without a tag', 'a\nb\n', 'a\nb\n', 2, 'files/a.eta:2'],
    ['with a tag in it', 'vip <%= x %>/32\nid <%= y %>\n', 'vip 10.1.1.1/32\nid 51\n', 2, 'files/a.eta:2'],
    ['with tags at both ends', '<%= x %> via <%= y %>\n', '10.0.0.1 via 10.0.0.2\n', 1, 'files/a.eta:1'],
    ['whose parts overlap', 'ab<%= x %>bc\nabc\n', 'abxbc\nabc\n', 2, 'files/a.eta:2'],
    ['whose parts come in another order', '<%= x %>b<%= x %>a.\n', 'a b.\n', 1, 'defaults.yaml:1'],
  ])('%s', async (_, template, rendered, line, said) => {
    expect(await place(template, rendered, line)).toBe(said);
  });

  // Tried in all ways that there are, either would take longer than anybody lives.
  it.each([
    ['a line of many tags', `${'a<%= x %>'.repeat(60)}b\n`],
    ['a line of tags that begin', `<% /*\n${'<%'.repeat(300_000)}\n*/ %>\n`],
  ])('and %s is looked at once', async (_, template) => {
    expect(await place(template, `${'a'.repeat(200)}\n`, 1)).toBe('defaults.yaml:1');
  });
});
