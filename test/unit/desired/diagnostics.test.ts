import { describe, expect, it } from 'vitest';
import {
  aboutFile,
  formatDiagnostic,
  formatDiagnostics,
  sortDiagnostics,
  type Diagnostic,
} from '../../../agent/desired/diagnostics.ts';
import { endOfCluster, inCluster, inDefaults, LESSON, lesson, said } from './lesson.ts';

const plain = { colour: false };
const problem: Diagnostic = {
  severity: 'error',
  file: 'cluster.yaml',
  line: 12,
  column: 9,
  path: 'nodes.pi-2.address',
  message: '"10.1.1" is not an IPv4 address. Write all four parts, as in 10.1.1.2.',
  source: 'address: "10.1.1"',
};

describe('a diagnostic', () => {
  it('says file, line, column, path, what and how to mend, and points at the value', async () => {
    expect(await said(inCluster('10.1.1.2', '10.1.1'))).toEqual([
      `cluster.yaml:7:33: nodes.kubernetes-node-2.address: "10.1.1" is not an IPv4 address. Write all four parts, as in 10.1.1.2.
      kubernetes-node-2: { address: 10.1.1 }
                                    ^`,
    ]);
  });

  it('points at the key when the key is what is wrong', async () => {
    expect(await said(inDefaults('mode:', 'mod:'))).toEqual([
      `defaults.yaml:5:5: files["/etc/keepalived/keepalived.conf"].mod: unknown key. Did you mean "mode"?
        mod: "0600"
        ^`,
    ]);
  });

  it('points at the entry that lacks a key', async () => {
    expect(await said(inCluster('{ address: 10.1.1.2 }', '{}'))).toEqual([
      `cluster.yaml:7:3: nodes.kubernetes-node-2.address: is missing. Write { address: 10.1.1.2 }, with its own address.
      kubernetes-node-2: {}
      ^`,
    ]);
  });

  it('points into a template, at the word that is undefined', async () => {
    const template = LESSON['files/keepalived.conf.eta'].replace('it.node.state', 'it.node.sate');
    expect(await said(lesson({ 'files/keepalived.conf.eta': template }))).toEqual([
      `files/keepalived.conf.eta:2:21: undefined template variable it.node.sate. Did you mean it.node.state?
      state <%= it.node.sate %>
                        ^`,
    ]);
  });

  it('points at the line of a long tag on which the word stands, and never behind its end', async () => {
    const pointed = async (template: string) =>
      (await said(lesson({ 'files/keepalived.conf.eta': template }))).map((text) => text.split(': ')[0]);
    expect(await pointed('<%\n  const a = 1;\n  const b = it.node.sate;\n%>\n')).toEqual([
      'files/keepalived.conf.eta:3:21',
    ]);
    expect(await pointed('<% const { sate: a } = it["node"] %>\nsate\n')).toEqual([
      'files/keepalived.conf.eta:1:12',
    ]);
    expect(await pointed('<% const a = it.node["sa" + "te"] %>\nsate\n')).toEqual([
      'files/keepalived.conf.eta:1:1',
    ]);
  });

  it('points into a template that stands in a YAML block', async () => {
    const rule = `- |
      <% for (const peer of it.peers) { %>
      allow from <%= peer.adress %> to any port 2379 proto tcp
      <% } %>`;
    expect(await said(inDefaults('- allow 22/tcp', rule))).toEqual([
      `defaults.yaml:15:27: ufw.rules[0]: undefined template variable it.peers[0].adress. Did you mean it.peers[0].address?
          allow from <%= peer.adress %> to any port 2379 proto tcp
                              ^`,
    ]);
  });

  it('keeps a tab where it is, so that the caret stays below its word', () => {
    const tabbed = { ...problem, column: 2, source: '\taddress: x' };
    expect(formatDiagnostic(tabbed, plain).split('\n').slice(1)).toEqual(['    \taddress: x', '    \t^']);
  });

  it('shows the part of a long line that matters', async () => {
    const long = `health: { checks: { ${'a'.repeat(150)}: { tcp: "10.1.1.1" } } }\n`;
    const [, source, caret] = ((await said(endOfCluster(long)))[0] ?? '').split('\n');
    expect(source?.trim().length).toBeLessThanOrEqual(100);
    expect(source?.slice((caret ?? '').indexOf('^'))).toBe('"10.1.1.1" } } }');
  });

  it('cannot steer the terminal that shows it', () => {
    const hostile = { ...problem, message: 'a\u001b[2Jb\u0007', source: 'address: \u001b]0;x' };
    expect(formatDiagnostic(hostile, plain)).not.toMatch(/[\u001b\u0007]/);
  });

  it('says that a warning is one', () => {
    expect(formatDiagnostic(aboutFile('defaults.yaml', 'holds nothing.', 'warning'), plain)).toBe(
      'defaults.yaml: warning: holds nothing.',
    );
  });

  it('is the same text with colours, when they are taken out again', () => {
    const coloured = formatDiagnostic(problem, { colour: true });
    expect(coloured).toContain('\u001b[');
    expect(coloured.replace(/\u001b\[\d+m/g, '')).toBe(formatDiagnostic(problem, plain));
  });
});

describe('several diagnostics', () => {
  const at = (file: string | null, line: number | null, message = 'x'): Diagnostic => ({
    ...problem,
    file,
    line,
    message,
  });

  it('come in reading order', () => {
    const mixed = [at('b.yaml', 2), at('a.yaml', 10), at('a.yaml', 9), at(null, null), at('a.yaml', null)];
    expect(sortDiagnostics(mixed).map(({ file, line }) => [file, line])).toEqual([
      [null, null],
      ['a.yaml', null],
      ['a.yaml', 9],
      ['a.yaml', 10],
      ['b.yaml', 2],
    ]);
  });

  it('are each said once', () => {
    expect(formatDiagnostics([problem, { ...problem }], plain)).toBe(formatDiagnostic(problem, plain));
  });
});

/** Whatever is wrong around it, the password of a state repository never reaches a log. */
describe('the password', () => {
  it.each([
    ['too long', inCluster('secret12', 'hunter2hunter2')],
    ['empty of sense to keepalived', inCluster('secret12', '"hunter2 #"')],
    ['a number', inCluster('secret12', '42424242424242')],
    ['under a misspelt key', inCluster('authPass: secret12', 'auth_pass: hunter2')],
    ['on a line with another mistake', inCluster('51, authPass: secret12', '256, authPass: hunter2')],
    ['in broken YAML', inCluster('authPass: secret12 }', 'authPass: hunter2: x }')],
    ['taken for an alias', inCluster('secret12', '*hunter2')],
    ['behind a tag', inCluster('secret12', '!hunter2 hunter2')],
    [
      'in a block',
      inCluster(
        'vrrp: { routerId: 51, authPass: secret12 }',
        'vrrp:\n  routerId: 51\n  authPass: >\n    hunter2\n    hunter2',
      ),
    ],
    ['in a file, too long', { ...inCluster('secret12', '{ file: pw }'), 'files/pw': 'hunter2hunter2\n' }],
    [
      'in a file, in two lines',
      { ...inCluster('secret12', '{ file: pw }'), 'files/pw': 'hunter2\nhunter2\n' },
    ],
    ['in a list', inCluster('secret12', '[hunter2]')],
  ])('is not shown when it is %s', async (_, repository) => {
    const shown = (await said(repository)).join('\n');
    expect(shown).not.toBe('');
    expect(shown).not.toMatch(/hunter2|42424242/);
  });
});
