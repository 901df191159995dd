import type { Remote } from './git-remote.ts';

/**
 * The ssh(1) that Git starts: nobody's configuration, one key, one list of known hosts, and never a question.
 * Git takes it only as a shell line (`GIT_SSH_COMMAND` in git(1)), so every word is quoted.
 */
export function sshCommand(remote: Remote): string {
  const options = [
    'BatchMode=yes',
    'StrictHostKeyChecking=yes',
    // The pinned keys are the user's: a server may not add to them.
    'UpdateHostKeys=no',
    'IdentitiesOnly=yes',
    'IdentityAgent=none',
    'PreferredAuthentications=publickey',
    'ControlMaster=no',
    'ControlPath=none',
    'ClearAllForwardings=yes',
    // Every cycle makes a connection. This exchange costs several times the rest of it; the newer hybrid one stays.
    'KexAlgorithms=-sntrup761*',
    'ConnectTimeout=10',
    'ServerAliveInterval=5',
    'ServerAliveCountMax=3',
    ...(remote.knownHosts === undefined
      ? []
      : [`UserKnownHostsFile="${literal(remote.knownHosts)}"`, 'GlobalKnownHostsFile=/dev/null']),
  ];
  const key = remote.sshKey === undefined ? [] : ['-i', literal(remote.sshKey)];
  const words = ['ssh', '-F', '/dev/null', ...key, ...options.flatMap((option) => ['-o', option])];
  // Without `exec` the shell stays, as one more process, until ssh has ended.
  return `exec ${words.map(quoted).join(' ')}`;
}

/** ssh_config(5) expands `%` tokens in the names of these files. */
const literal = (path: string): string => path.replaceAll('%', '%%');

const quoted = (word: string): string =>
  /^[\w=./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
