import { describe, expect, it } from 'vitest';
import { GitFailed } from '../../../agent/host/git.ts';
import { explainGit } from '../../../agent/source/explain-git.ts';

const SSH = {
  url: 'git@git.home:state.git',
  branch: 'main',
  sshKey: '/etc/holdfast/deploy_key',
  knownHosts: '/etc/holdfast/known_hosts',
};
const ALWAYS =
  'fatal: Could not read from remote repository.\n\nPlease make sure you have the correct access rights\nand the repository exists.\n';

const why = (stderr: string, remote: Parameters<typeof explainGit>[1] = SSH) =>
  explainGit(new GitFailed('ls-remote', 128, stderr, null), remote).why;

describe('what is said when Git fails', () => {
  it.each([
    [
      'git@git.home: Permission denied (publickey).\r\n',
      'The Git server git.home refused /etc/holdfast/deploy_key for the user git.',
    ],
    [
      'ssh: connect to host git.home port 22: No route to host\r\n',
      'The Git server git.home cannot be reached (No route to host).',
    ],
    [
      'ssh: connect to host git.home port 22: Connection timed out\r\n',
      'The Git server git.home cannot be reached (Connection timed out).',
    ],
    [
      'Connection timed out during banner exchange\r\nConnection to 1.2.3.4 port 22 timed out\r\n',
      'The Git server git.home accepted the connection and then said nothing.',
    ],
    [
      'kex_exchange_identification: read: Connection reset by peer\r\n',
      'The connection to the Git server git.home broke.',
    ],
    ['client_loop: send disconnect: Broken pipe\r\n', 'The connection to the Git server git.home broke.'],
    [
      'ERROR: Repository not found.\n',
      'There is no Git repository at git@git.home:state.git, or none that this host may read.',
    ],
    [
      "fatal: detected dubious ownership in repository at '/srv/state'\n",
      'belongs to another user than the one that reads it',
    ],
    [
      'error: file write error: No space left on device\n',
      'There is no space left for the state repository.',
    ],
    [
      "fatal: sha1 file 'objects/pack/tmp_rev_Ix9ofn' write error. Out of diskspace\nfatal: fetch-pack: invalid index-pack output\n",
      'There is no space left for the state repository.',
    ],
    [
      'error: cannot run ssh: No such file or directory\n',
      'ssh is not installed on this host. Run "apt-get install openssh-client".',
    ],
    [
      'Error: spawn git ENOENT\n    at ChildProcess._handle.onexit (node:internal/child_process:285:19)\n',
      'Git is not installed on this host.',
    ],
  ])('%s', (stderr, sentence) => {
    expect(why(stderr + ALWAYS)).toContain(sentence);
  });

  it("ends with Git's own last word, leaving out what it says every time", () => {
    expect(why(`git@git.home: Permission denied (publickey).\r\n${ALWAYS}`)).toMatch(
      / Git's last word: "git@git\.home: Permission denied \(publickey\)\."\.$/,
    );
  });

  it('names both files where keys are looked for when agent.yaml names none', () => {
    const said = why('Host key verification failed.\r\n', { url: SSH.url, branch: 'main' });
    expect(said).toContain('is not in ~/.ssh/known_hosts or /etc/ssh/ssh_known_hosts');
  });

  it('shows neither a token nor what would drive a terminal', () => {
    const remote = { url: 'https://pi:t0ken@git.home/a', branch: 'main' };
    const said = why("\u001b[31mfatal: 'https://pi:t0ken@git.home/a/' exploded\n", remote);
    expect(said).toBe(
      `Git could not read https://***@git.home/a: it ended with exit code 128. Git's last word: "[31mfatal: 'https://***@git.home/a/' exploded".`,
    );
  });

  it('knows what it does not understand: that may be damage of our own copy', () => {
    const explained = explainGit(new GitFailed('fetch', 128, 'fatal: bad object HEAD', null), SSH);
    expect(explained.understood).toBe(false);
    expect(explainGit(new GitFailed('fetch', null, '', 15_000), SSH)).toEqual({
      understood: true,
      why: expect.stringContaining('git@git.home:state.git did not answer in full within 15 s'),
    });
  });
});
