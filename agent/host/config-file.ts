import { whatOthersMay } from './others-may.ts';
import { readRegularFile, type NotRegular } from './read-file.ts';

/** agent.yaml as it is. A link is followed by nobody: what it points to could belong to anybody. */
export function readConfigFile(
  path: string,
): { readonly text: string; readonly othersMay: string | null } | null {
  const file = readRegularFile(path, path, notRegular);
  if (file === null) return null;
  // Private: the repository's address may hold a token.
  return { text: Buffer.from(file.bytes).toString('utf8'), othersMay: whatOthersMay(path, 'private') };
}

const notRegular: NotRegular = (shown, what) =>
  `${shown} is ${what}, and Holdfast reads its configuration from a regular file only. Put the file itself there, or name it with --config FILE.`;
