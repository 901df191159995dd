import { describe, expect, it } from 'vitest';
import { addressOf, withoutSecrets } from '../../../agent/host/git-remote.ts';
import { gitConfig } from '../../../agent/host/git-config.ts';
import { sshCommand } from '../../../agent/host/git-ssh.ts';

describe('the address of a state repository', () => {
  it.each([
    ['git@git.home:state.git', { transport: 'ssh', user: 'git', host: 'git.home', port: null }],
    ['git.home:state.git', { transport: 'ssh', user: null, host: 'git.home' }],
    ['git@[fd00::1]:state.git', { transport: 'ssh', host: 'fd00::1' }],
    ['ssh://git@git.home:2222/state.git', { transport: 'ssh', user: 'git', host: 'git.home', port: 2222 }],
    ['https://git.home/state.git', { transport: 'https', host: 'git.home', authorization: null }],
    ['file:///srv/state.git', { transport: 'file', host: null }],
    ['/srv/a:b.git', { transport: 'file', host: null }],
    ['http://git.home/state.git', { transport: 'other' }],
    ['ext::sh -c id', { transport: 'other' }],
    ['https://[', { transport: 'other' }],
  ])('%s is taken apart', (url, parts) => {
    expect(addressOf(url)).toMatchObject(parts);
  });

  it.each([
    ['https://pi:to%40ken@git.home/a', 'pi:to@ken'],
    ['https://token@git.home/a', 'token:'],
    ['https://pi:100%@git.home/a', 'pi:100%'],
  ])('the credentials of %s become a header, and leave the address', (url, pair) => {
    const { authorization, url: bare, shown } = addressOf(url);
    expect(authorization).toBe(`Authorization: Basic ${Buffer.from(pair).toString('base64')}`);
    expect(bare).toBe('https://git.home/a');
    expect(shown).toBe('https://***@git.home/a');
  });
});

describe('what a person is shown', () => {
  it.each([
    [
      "fatal: unable to access 'https://pi:t0ken@git.home/a/': 401",
      "fatal: unable to access 'https://***@git.home/a/': 401",
    ],
    ['https://t0ken@git.home', 'https://***@git.home'],
    ['https://pi:p@ss@git.home/x', 'https://***@git.home/x'],
    ['ssh://git:t0ken@git.home/x', 'ssh://git:***@git.home/x'],
    ['https://u:s3 cr3t@git.home/x.git', 'https://***@git.home/x.git'],
    ['ssh://u:s3 cr3t@git.home/x.git', 'ssh://u:***@git.home/x.git'],
    ['https://git.home/x.git?access_token=t0ken', 'https://git.home/x.git?***'],
    [
      "fatal: unable to access 'https://git.home/x?private_token=t0ken&a=b/': 401? Really?",
      "fatal: unable to access 'https://git.home/x?***': 401? Really?",
    ],
    ['ssh://git@git.home/x by ada@home.example', 'ssh://git@git.home/x by ada@home.example'],
  ])('%s', (text, shown) => {
    expect(withoutSecrets(text)).toBe(shown);
  });
});

describe("Git's configuration", () => {
  it('quotes an address that would otherwise begin a comment or a setting of its own', () => {
    const config = gitConfig({ url: '/srv/a "b" #c;d\\e', branch: 'main' });
    expect(config).toContain('\turl = "/srv/a \\"b\\" #c;d\\\\e"\n');
    expect(() => gitConfig({ url: 'a"\n[core]\n\thooksPath = /tmp', branch: 'main' })).toThrow('line break');
  });

  it('quotes every word of the ssh command for the shell that Git gives it to', () => {
    const command = sshCommand({
      url: '',
      branch: '',
      sshKey: "/etc/it's $(id)",
      knownHosts: '/etc/100% known',
    });
    expect(command).toContain(`-i '/etc/it'\\''s $(id)' `);
    expect(command).toContain(`-o 'UserKnownHostsFile="/etc/100%% known"'`);
  });
});
