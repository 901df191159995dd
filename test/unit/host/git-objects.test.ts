import { describe, expect, it } from 'vitest';
import { batchObjects, commitOf, treeEntries } from '../../../agent/host/git-objects.ts';

const commit = (headers: string, message: string | Buffer) =>
  commitOf('c0ffee', Buffer.concat([Buffer.from(`tree 00\n${headers}\n\n`), Buffer.from(message)]));

const BY = 'author Ada <ada@home.example> 1 +0000\ncommitter Bob <bob@home.example> 1767323045 -0130';

describe('reading a commit', () => {
  it('takes author, the time of the commit and the first paragraph as one line', () => {
    expect(commit(BY, 'Change\nthe VIP\n\nBecause.\n')).toEqual({
      sha: 'c0ffee',
      author: 'Ada',
      email: 'ada@home.example',
      subject: 'Change the VIP',
      committedAtMs: 1_767_323_045_000,
    });
  });

  it('shows no control characters, which would drive the terminal of whoever reads the log', () => {
    const { author, subject } = commit(
      BY.replace('Ada', 'A\u001b[2Jda'),
      'Innocent\u001b]0;owned\u0007\u202e',
    );
    expect([author, subject]).toEqual(['A [2Jda', 'Innocent ]0;owned']);
  });

  it('reads the encoding that the commit names', () => {
    expect(commit(`${BY}\nencoding ISO-8859-1`, Buffer.from('Gr\xfc\xdfe', 'latin1')).subject).toBe('Grüße');
    expect(commit(`${BY}\nencoding no-such`, 'Plain').subject).toBe('Plain');
  });

  it('reads an author without a name, and a message that is empty', () => {
    expect(commit('author <a@b> 1 +0000', '')).toMatchObject({
      author: '',
      email: 'a@b',
      subject: '',
      committedAtMs: 0,
    });
  });

  it('ends a header where Git does: no carriage return begins another one', () => {
    expect(commit(`x-note a\rauthor Eve <eve@x> 1 +0000\r\n${BY}`, 'S').author).toBe('Ada');
  });

  // Who may push need not be one of those who may sign. Looked at once for each letter these would take days.
  it.each([
    ['blanks in its subject', BY, `x${' '.repeat(4_000_000)}y`],
    ['blanks before each of its lines', BY, `x${`\n${' '.repeat(50)}y`.repeat(80_000)}`],
    ['an author of brackets', BY.replace('Ada', '<'.repeat(4_000_000)), 'x'],
    ['a date of numbers', BY.replace('Bob', '1 '.repeat(2_000_000)), 'x'],
    ['headers without end', `${'x\n'.repeat(2_000_000)}${BY}`, 'x'],
  ])('%s are read at once', (_, headers, message) => {
    const { author, subject } = commit(headers, message);
    expect(author.length).toBeLessThanOrEqual(501);
    expect(subject.length).toBeLessThanOrEqual(501);
  });

  it('does not take a line of the message for a header', () => {
    expect(commit(BY, 'S\n\nauthor Eve <eve@x> 1 +0000\nencoding utf-16').author).toBe('Ada');
  });
});

describe('reading what Git prints', () => {
  it('reads objects whose bytes contain line breaks, and names that stand for none', () => {
    const output = Buffer.from('aa blob 3\n\n\n\n\nbb missing\ncc ambiguous\ndd blob 0\n\n');
    expect(batchObjects(output)).toEqual([
      { sha: 'aa', type: 'blob', body: Buffer.from('\n\n\n') },
      'missing',
      'ambiguous',
      { sha: 'dd', type: 'blob', body: Buffer.alloc(0) },
    ]);
  });

  it('does not take an output that was cut off for a shorter file', () => {
    expect(() => batchObjects(Buffer.from('aa blob 9\nabc'))).toThrow('cut off object aa');
  });

  it('reads paths with any character in them', () => {
    const lines = [
      '100755 blob aa       3\ta\tb\nc',
      '120000 blob bb       5\tlink',
      '160000 commit cc       -\tsub',
    ];
    const output = lines.map((line) => `${line}\0`).join('');
    expect(treeEntries(output)).toEqual([
      { path: 'a\tb\nc', sha: 'aa', size: 3, type: 'file' },
      { path: 'link', sha: 'bb', size: 5, type: 'link' },
      { path: 'sub', sha: 'cc', size: 0, type: 'other' },
    ]);
  });
});
