import { posix } from 'node:path';

/** Formats in which nothing begins a comment. */
const WITHOUT_COMMENTS = new Set(['.json']);

export type HeaderOf = {
  readonly path: string;
  /** The file of the repository that a person would edit. */
  readonly from: string;
  readonly header: boolean | undefined;
  readonly comment: string | undefined;
};

/** Who opens the file on the host must learn, before editing it in vain, who writes it and how to stop that. */
export function withHeader(text: string, { path, from, header, comment }: HeaderOf): string {
  if (header === false) return text;
  if (comment === undefined && WITHOUT_COMMENTS.has(posix.extname(path))) return text;
  const line = `${comment ?? '#'} Written by Holdfast from ${from} in the state repository; edits are put back. To edit here, stop it first: systemctl stop holdfast\n`;
  // The kernel wants "#!" first.
  const shebang = /^#!.*\n/.exec(text)?.[0] ?? '';
  return shebang + line + text.slice(shebang.length);
}
