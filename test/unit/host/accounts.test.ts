import { describe, expect, it } from 'vitest';
import { openAccounts } from '../../../agent/host/accounts.ts';

const PASSWD = `root:x:0:0:root:/root:/bin/bash
# a comment
toor:x:0:0:second name of the same number:/root:/bin/sh
keepalived_script:x:998:998::/nonexistent:/usr/sbin/nologin
root:x:7:7:second line of the same name::

broken
+::::::
nonumber:x:abc:1::/:
`;

function setUp() {
  const text: Record<string, string> = { '/etc/passwd': PASSWD, '/etc/group': 'root:x:0:\nadm:x:4:pi\n' };
  const reads: string[] = [];
  const stamps: Record<string, string | null> = { '/etc/passwd': '1', '/etc/group': '1' };
  const accounts = openAccounts({
    stamp: (path) => stamps[path] ?? null,
    text: (path) => {
      reads.push(path);
      return text[path] ?? '';
    },
  });
  return { text, reads, stamps, accounts };
}

describe('accounts', () => {
  it('are names for numbers and back, the first line winning', () => {
    const { accounts } = setUp();
    expect(accounts.name('owner', 0)).toBe('root');
    expect(accounts.id('owner', 'root')).toBe(0);
    expect(accounts.id('owner', 'toor')).toBe(0);
    expect(accounts.id('owner', 'keepalived_script')).toBe(998);
    expect(accounts.name('group', 4)).toBe('adm');
    expect(accounts.id('group', 'keepalived_script')).toBeNull();
  });

  it('have numbers where there is no name, and nothing where there is neither', () => {
    const { accounts } = setUp();
    expect(accounts.name('owner', 1000)).toBe('1000');
    expect(accounts.id('owner', '1000')).toBe(1000);
    for (const name of ['nonumber', 'broken', '+', '# a comment', '-1', '1e3', '']) {
      expect(accounts.id('owner', name)).toBeNull();
    }
  });

  it('are read once, and again when the file changed', () => {
    const { accounts, reads, stamps, text } = setUp();
    accounts.name('owner', 0);
    accounts.name('owner', 1);
    expect(reads).toEqual(['/etc/passwd']);
    text['/etc/passwd'] = 'haproxy:x:105:109::/:\n';
    stamps['/etc/passwd'] = '2';
    expect(accounts.id('owner', 'haproxy')).toBe(105);
    stamps['/etc/passwd'] = null;
    expect(accounts.id('owner', 'haproxy')).toBeNull();
    expect(reads).toEqual(['/etc/passwd', '/etc/passwd']);
  });
});
