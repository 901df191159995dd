import { validateDetailed } from 'node-cron';
import { describe, expect, it } from 'vitest';
import { parseAgentConfig } from '../../agent/config.ts';
import { formatDiagnostic } from '../../agent/desired/diagnostics.ts';

const URL = 'repository: { url: "git@git.home:state.git" }\n';
const said = (text: string): readonly string[] =>
  parseAgentConfig(text, '/etc/holdfast/agent.yaml').diagnostics.map(
    (diagnostic) =>
      formatDiagnostic(diagnostic, { colour: false })
        .split('\n')[0]
        ?.replace('/etc/holdfast/agent.yaml', 'agent.yaml') ?? '',
  );

describe('agent.yaml', () => {
  it('needs no more than the repository', () => {
    expect(parseAgentConfig(URL, 'agent.yaml')).toEqual({
      config: {
        repository: {
          url: 'git@git.home:state.git',
          shownUrl: 'git@git.home:state.git',
          server: 'git.home',
          branch: 'main',
          path: '.',
          sshKey: undefined,
          knownHosts: undefined,
          caFile: undefined,
        },
        schedule: '*/30 * * * * *',
        splayMs: 5000,
        hostname: null,
        identity: '/etc/holdfast/age.key',
        status: { port: 9463 },
        verify: null,
      },
      diagnostics: [],
    });
  });

  it('may say all of it', () => {
    const text = `repository:
  url: https://x:token@git.home/state.git
  branch: live
  path: clusters/home
  sshKey: /etc/holdfast/deploy_key
  knownHosts: /etc/holdfast/known_hosts
schedule: "0 */5 * * * mon-fri"
splay: 500ms
hostname: kubernetes-node-2
status: { port: 9464 }
verify:
  mode: every
  allowedSigners: /etc/holdfast/allowed_signers
  revocationFile: /etc/holdfast/revoked_signers
  openpgpKeys: /etc/holdfast/openpgp
  commit: 0123456789abcdef0123456789abcdef01234567
`;
    expect(parseAgentConfig(text, 'agent.yaml').config).toMatchObject({
      repository: { shownUrl: 'https://***@git.home/state.git', branch: 'live', path: 'clusters/home' },
      splayMs: 500,
      hostname: 'kubernetes-node-2',
      status: { port: 9464 },
      verify: {
        mode: 'every',
        signers: {
          allowedSigners: '/etc/holdfast/allowed_signers',
          revocationFile: '/etc/holdfast/revoked_signers',
          openpgpKeys: '/etc/holdfast/openpgp',
        },
        pin: '0123456789abcdef0123456789abcdef01234567',
      },
    });
  });

  it.each([
    ['git@git.home:state.git'],
    ['ssh://git@git.home:2222/state.git'],
    ['https://git.home/state.git'],
    ['/srv/state.git'],
    ['file:///srv/state.git'],
  ])('follows %s', (url) => {
    expect(parseAgentConfig(`repository: { url: "${url}" }`, 'agent.yaml').config?.repository.url).toBe(url);
  });

  it.each(['* * * * *', '*/30 * * * * *', '0 0 4 * * sun', '0,30 8-18/2 1-7 jan-mar 7'])(
    'takes the schedule %s',
    (schedule) => {
      expect(said(`${URL}schedule: "${schedule}"`)).toEqual([]);
    },
  );
});

describe('a mistake in agent.yaml:', () => {
  it.each([
    [
      'nothing in it',
      '',
      [
        'agent.yaml: says nothing, so this host is not configured yet. Write repository: { url: "git@git.home:state.git" }.',
      ],
    ],
    [
      'no repository',
      'splay: 5s\n',
      ['agent.yaml:1:1: repository: is missing. Write repository: { url: "git@git.home:state.git" }.'],
    ],
    [
      'no address',
      'repository: { branch: main }\n',
      [
        'agent.yaml:1:1: repository.url: is missing. Write it as in git@git.home:state.git, ssh://git@git.home/state.git, https://git.home/state.git or /srv/state.git.',
      ],
    ],
    [
      'an address without protection',
      'repository: { url: "http://git.home/state.git" }',
      [
        'agent.yaml:1:20: repository.url: what comes this way is not protected: whoever sits between would be root on this host. Use SSH or https.',
      ],
    ],
    [
      'a path that is not absolute',
      'repository: { url: state.git }',
      [
        'agent.yaml:1:20: repository.url: is neither an address nor an absolute path. Write it as in git@git.home:state.git, ssh://git@git.home/state.git, https://git.home/state.git or /srv/state.git.',
      ],
    ],
    [
      'an address that runs a command',
      'repository: { url: "ext::sh -c id" }',
      [
        'agent.yaml:1:20: repository.url: is not a Git address. Write it as in git@git.home:state.git, ssh://git@git.home/state.git, https://git.home/state.git or /srv/state.git.',
      ],
    ],
    [
      'an option for an address',
      'repository: { url: "--upload-pack=id" }',
      [
        'agent.yaml:1:20: repository.url: is not a Git address. Write it as in git@git.home:state.git, ssh://git@git.home/state.git, https://git.home/state.git or /srv/state.git.',
      ],
    ],
    [
      'a misspelt key',
      'repository: { url: /srv/x, brnach: main }',
      ['agent.yaml:1:28: repository.brnach: unknown key. Did you mean "branch"?'],
    ],
    [
      'an option for a branch',
      'repository: { url: /srv/x, branch: "--x" }',
      ['agent.yaml:1:36: repository.branch: "--x" is not a branch. Write the name of a branch, as in main.'],
    ],
    [
      'a folder outside',
      'repository: { url: /srv/x, path: ../y }',
      [
        "agent.yaml:1:34: repository.path: is not a folder of the repository. Write it from the repository's root, as in clusters/home.",
      ],
    ],
    [
      'a key that is not absolute',
      'repository: { url: /srv/x, sshKey: deploy_key }',
      [
        'agent.yaml:1:36: repository.sshKey: "deploy_key" is not an absolute path. Begin it with "/", as in /deploy_key.',
      ],
    ],
    [
      'too few fields of a schedule',
      `${URL}schedule: "* * * *"\n`,
      [
        'agent.yaml:2:11: schedule: a schedule has 5 fields, or 6 with seconds in front, and this has 4. Write it as in "*/30 * * * * *" for every 30 seconds.',
      ],
    ],
    [
      'a second that does not exist',
      `${URL}schedule: "60 * * * * *"\n`,
      [
        'agent.yaml:2:11: schedule: "60" does not name seconds. Write numbers from 0 to 59, as in *, 0, 1-5 or */10.',
      ],
    ],
    [
      'a schedule in words',
      `${URL}schedule: 30s\n`,
      [
        'agent.yaml:2:11: schedule: a schedule has 5 fields, or 6 with seconds in front, and this has 1. Write it as in "*/30 * * * * *" for every 30 seconds.',
      ],
    ],
    [
      'a splay without a unit',
      `${URL}splay: 5\n`,
      ['agent.yaml:2:8: splay: 5 is not a duration. Write a number and a unit (ms, s, m, h, d), as in 5s.'],
    ],
    [
      'a splay of a day',
      `${URL}splay: 24h\n`,
      [
        'agent.yaml:2:8: splay: is more than 10 minutes. Write at most 10m: splay only keeps hosts from asking at one moment; how often they ask is said by schedule.',
      ],
    ],
    [
      'a day that never comes',
      `${URL}schedule: "0 0 30 2 *"\n`,
      [
        'agent.yaml:2:11: schedule: no day is sure to come within a year that is "30" of the month, in month "2", on weekday "*". Write a schedule that comes often, as in "*/30 * * * * *" for every 30 seconds.',
      ],
    ],
    [
      'a step of a single number, which node-cron does not take',
      `${URL}schedule: "5/2 * * * *"\n`,
      [
        'agent.yaml:2:11: schedule: "5/2" does not name minutes. Write numbers from 0 to 59, as in *, 0, 1-5 or */10.',
      ],
    ],
    [
      'a schedule without quotes',
      `${URL}schedule: */30 * * * * *\n`,
      [
        'agent.yaml:2:11: a value that begins with "*" is an alias to YAML. Put the schedule in quotes: schedule: "*/30 * * * * *".',
      ],
    ],
    [
      'a schedule without quotes, with a comment',
      `schedule: * * * * * # each minute\n${URL}`,
      [
        'agent.yaml:1:11: a value that begins with "*" is an alias to YAML. Put the schedule in quotes: schedule: "* * * * *".',
      ],
    ],
    [
      'something else without quotes, which is not quoted back',
      `${URL}hostname: *hunter2 x\n`,
      [
        'agent.yaml:2:11: a value that begins with "*" is an alias to YAML, and no anchor of this name comes before it. Put the value in quotes.',
      ],
    ],
    [
      'a hostname with its domain',
      `${URL}hostname: pi-1.home\n`,
      [
        'agent.yaml:2:11: hostname: "pi-1.home" is not a hostname. Write the short hostname in lower case, as in kubernetes-node-2.',
      ],
    ],
    [
      'signatures of nobody',
      `${URL}verify: { mode: head }\n`,
      [
        'agent.yaml:2:9: verify: names nobody who may sign, so that no commit could ever be applied. Write verify: { allowedSigners: /etc/holdfast/allowed_signers }, or openpgpKeys, or both; or leave it out.',
      ],
    ],
    [
      'a mode of verifying that there is not',
      `${URL}verify: { allowedSigners: /etc/a, mode: all }\n`,
      [
        'agent.yaml:2:41: verify.mode: "all" is not a mode. Write head (the newest commit must be signed) or every (so must all commits since the last accepted one).',
      ],
    ],
    [
      'revoked SSH keys without allowed ones',
      `${URL}verify: { openpgpKeys: /etc/k, revocationFile: /etc/r }\n`,
      [
        'agent.yaml:2:48: verify.revocationFile: is for SSH keys, and no allowedSigners are named. Add them, or leave this out: an OpenPGP key is revoked in its own export.',
      ],
    ],
    [
      'the beginning of a commit to begin with',
      `${URL}verify: { allowedSigners: /etc/a, commit: 0123abc }\n`,
      [
        'agent.yaml:2:43: verify.commit: "0123abc" is not the whole name of a commit. Write all forty digits of its name, as "git rev-parse HEAD" prints them.',
      ],
    ],
    [
      'a misspelt key of verify',
      `${URL}verify: { allowedSigner: /etc/a }\n`,
      ['agent.yaml:2:11: verify.allowedSigner: unknown key. Did you mean "allowedSigners"?'],
    ],
  ])('%s', (_, text, sentences) => {
    expect(said(text)).toEqual(sentences);
  });

  it.each([
    [
      '',
      'repository: { url: "https://hunter2@git.home/s.git", brnach: x }',
      'https://*******@git.home/s.git',
    ],
    [
      'with a blank',
      'repository:\n  url: https://u:s3 hunter2@git.home/x.git\n',
      'https://**** *******@git.home/x.git',
    ],
    ['with a number sign', 'repository:\n  url: https://u:s3 #hunter2@git.home/x.git\n', '@git.home/x.git'],
    ['with a slash', 'repository:\n  url: "https://u:s3/ hunter2@git.home/x.git"\n', '@git.home/x.git'],
    [
      'over two lines',
      'repository: { url: https://u:hunter2\n    x@git.home/x.git, brnach: x }\n',
      'https://*********',
    ],
    ['in broken YAML', 'repository:\n  url: "https://u:s3 hunter2@git.home/x.git\n', '@git.home/x.git'],
    [
      'of SSH',
      'repository: { url: "ssh://git:s3 hunter2@git.home/x", brnach: x }',
      'ssh://git:** *******@git.home',
    ],
    [
      'in its query',
      'repository: { url: "https://git.home/s.git?a=b&access_token=s3 hunter2", brnach: x }',
      'https://git.home/s.git?a=*&access_token=** *******"',
    ],
  ])('never shows the token of an address %s', (_, text, rest) => {
    const { diagnostics } = parseAgentConfig(text, 'agent.yaml');
    const shown = formatDiagnostic(diagnostics[0]!, { colour: false });
    expect(shown).toContain(rest);
    expect(shown).not.toMatch(/hunter2|s3/);
  });

  it.each([
    '* * 1-31/2 2 *',
    '* * 31 * *',
    '* * 29 2 *',
    '* * 31 feb,4-6/2,november *',
    '* * 1 1 mon',
    '* * * * fri-mon',
    '* * 25-5 12 sat-sun',
    '* * * * 0-7',
    '* * 28-31 2 5-7',
    '* * 22-28 feb 7',
    '* * */10 */5 1-5/2',
  ])('says of the days of "%s" what node-cron says', (schedule) => {
    expect(said(`${URL}schedule: "${schedule}"`).length === 0).toBe(comesEachYear(schedule));
  });
});

/** By node-cron's own reading, in years that begin on each of the weekdays. */
function comesEachYear(schedule: string): boolean {
  const { valid, fields } = validateDetailed(schedule);
  if (!valid || !fields) return false;
  // None of them is a leap year.
  return [2014, 2017, 2018, 2019, 2021, 2022, 2026].every((year) =>
    Array.from({ length: 365 }, (_, index) => new Date(Date.UTC(year, 0, 1 + index))).some(
      (date) =>
        fields.dayOfMonth.includes(date.getUTCDate()) &&
        fields.month.includes(date.getUTCMonth() + 1) &&
        fields.dayOfWeek.includes(date.getUTCDay()),
    ),
  );
}
