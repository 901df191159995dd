import { addressOf, type Remote } from './git-remote.ts';

/**
 * The whole configuration of our copy of the repository; neither the system's nor a user's is read. The address
 * stands here and not on a command line, because everybody on the host can read command lines.
 */
export function gitConfig(remote: Remote | null): string {
  return [...FIXED, ...(remote === null ? [] : origin(remote)), ''].join('\n');
}

function origin(remote: Remote): readonly string[] {
  const { url, authorization } = addressOf(remote.url);
  return [
    ...(remote.caFile === undefined ? [] : ['[http]', `\tsslCAInfo = ${quoted(remote.caFile)}`]),
    ...(authorization === null ? [] : ['[http]', `\textraHeader = ${quoted(authorization)}`]),
    '[remote "origin"]',
    `\turl = ${quoted(url)}`,
  ];
}

const FIXED = [
  '[core]',
  '\trepositoryFormatVersion = 0',
  '\tbare = true',
  '\tsharedRepository = 0600',
  '\thooksPath = /dev/null',
  '\tlogAllRefUpdates = false',
  // A Pi loses power: what was fetched is on the disk before a ref names it.
  '\tfsync = committed,reference',
  // A Pi has little memory.
  '\tpackedGitLimit = 32m',
  '\tpackedGitWindowSize = 1m',
  '\tdeltaBaseCacheLimit = 8m',
  '\tbigFileThreshold = 4m',
  '[pack]',
  '\tthreads = 1',
  '\twindowMemory = 16m',
  '\tdeltaCacheSize = 8m',
  // Every fetch leaves one pack, which is flushed as a whole; `tidy` bounds their number.
  '[fetch]',
  '\tunpackLimit = 1',
  '\twriteCommitGraph = false',
  '[gc]',
  '\tauto = 0',
  '[maintenance]',
  '\tauto = false',
  '[submodule]',
  '\trecurse = false',
  '[credential]',
  '\thelper =',
  '[http]',
  '\tfollowRedirects = initial',
  '\tlowSpeedLimit = 100',
  '\tlowSpeedTime = 20',
] as const;

/** git-config(1): a value in double quotes, with backslash and double quote escaped. */
function quoted(value: string): string {
  if (/[\n\0]/.test(value)) throw new Error('A setting for Git must not contain a line break.');
  return `"${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}
