import { readRegularFile, type NotRegular } from './read-file.ts';
import { lstatSync } from 'node:fs';

/** agent.yaml as it is. A link is followed by nobody: what it points to could belong to anybody. */
export function readConfigFile(
  path: string,
): { readonly text: string; readonly writableByOthers: boolean } | null {
  const file = readRegularFile(path, path, notRegular);
  if (file === null) return null;
  const { uid, mode } = lstatSync(path);
  const ours = uid === 0 || uid === process.geteuid!();
  return { text: Buffer.from(file.bytes).toString('utf8'), writableByOthers: !ours || (mode & 0o022) !== 0 };
}

const notRegular: NotRegular = (shown, what) =>
  `${shown} is ${what}, and Holdfast reads its configuration from a regular file only. Put the file itself there, or name it with --config FILE.`;
