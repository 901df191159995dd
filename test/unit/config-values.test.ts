import { describe, expect, it, test } from 'vitest';
import { configCommand } from '../../agent/commands/config.ts';
import type { Environment } from '../../agent/commands/environment.ts';
import { withValues } from '../../agent/config-values.ts';

/** `holdfast config`, and what bootstrap.sh has put into an agent.yaml that is somebody's own. */

const put = (text: string, other: string): string => withValues('agent.yaml', text, 'other.yaml', other);

const MINE = `# mine
repository:
  url: "git@git.home:state.git"   # the one at home
  # of this host
  sshKey: /etc/holdfast/deploy_key # let in on Monday
splay: 7s   # slow
`;

describe('putting values into agent.yaml', () => {
  it.each([
    ['in other quotes', `repository: { url: 'git@git.home:state.git' }`],
    ['without quotes', 'repository:\n  url: git@git.home:state.git'],
    ['by default', "repository: { branch: 'main', path: . }\nidentity: /etc/holdfast/age.key"],
    ['in another order', 'splay: 7s\nrepository: { sshKey: "/etc/holdfast/deploy_key" }'],
    ['of no values', '# nothing\n'],
  ])('leaves every byte of it where it says the same, %s', (_how, other) => {
    expect(put(MINE, other)).toBe(MINE);
  });

  it('changes a value where it stands, and keeps comments, quotes and all else', () => {
    expect(put(MINE, "repository: { url: 'git@git.new:state.git', sshKey: /root/key }")).toBe(
      MINE.replace('git@git.home:', 'git@git.new:').replace('/etc/holdfast/deploy_key', '/root/key'),
    );
  });

  it('adds what is not said yet, and a map that is not there at the end', () => {
    const commit = '1234567890123456789012345678901234567890';
    const other = `repository: { branch: next }\nhostname: '42'\nverify: { allowedSigners: /a, commit: '${commit}' }`;
    expect(put(MINE, other)).toBe(
      `${MINE.replace('# let in on Monday\n', '# let in on Monday\n  branch: next\n')}hostname: "42"\nverify:\n  allowedSigners: "/a"\n  commit: "${commit}"\n`,
    );
  });

  it('takes an address without its password for the one that has it, and another server for another one', () => {
    const token = `repository: { url: "https://me:sekrit@git.home/state.git" } # not everybody's\n`;
    expect(put(token, 'repository: { url: https://git.home/state.git }')).toBe(token);
    expect(put(token, 'repository: { url: "https://me:other@git.home/state.git" }')).toBe(
      token.replace('sekrit', 'other'),
    );
    expect(put(token, 'repository: { url: https://git.new/state.git }')).toBe(
      token.replace('me:sekrit@git.home', 'git.new'),
    );
  });

  it.each([
    ['{ repository: { url: /srv/state.git } }', 'verify: { allowedSigners: /a }', /verify\.allowedSigners/],
    [
      'repository: &r\n  url: /srv/state.git\n',
      'repository: { url: git@git.home }',
      /^agent\.yaml:2:3: .* anchor/,
    ],
    ['repository: { url: /srv/state.git, branhc: next }\n', 'hostname: a', /did you mean "?branch/i],
    [MINE, 'repository: { url: [ }', /other\.yaml:1/],
  ])('says in a sentence why %j cannot take %j', (text, other, says) => {
    expect(() => put(text, other)).toThrow(says);
  });
});

test('config says every value, defaults too, and no token', async () => {
  const text =
    'repository: { url: "https://me:sekrit@git.home/state.git" }\nverify: { allowedSigners: /a }\n';
  const said = async (json: boolean): Promise<string> => {
    let printed = '';
    const machine = { readConfig: () => ({ text, othersMay: null }), whatOthersMay: () => null };
    const out = (more: string): void => void (printed += more);
    await configCommand({ json }, { machine, out, colour: false } as unknown as Environment);
    return printed;
  };
  expect(await said(false)).toBe(
    [
      'repository.url: https://***@git.home/state.git',
      'repository.branch: main',
      'repository.path: .',
      'splay: 5000ms',
      'schedule: */30 * * * * *',
      'identity: /etc/holdfast/age.key',
      'verify.mode: head',
      'verify.allowedSigners: /a',
      'status.port: 9463',
      '',
    ].join('\n'),
  );
  expect(JSON.parse(await said(true))).toMatchObject({ status: { port: 9463 } });
});
