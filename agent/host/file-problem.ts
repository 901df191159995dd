import { getSystemErrorMap } from 'node:util';

/** Something on disk that is not as it must be, or an operation the system refused; the message is a full sentence. */
export class FileProblem extends Error {
  override readonly name = 'FileProblem';
  readonly path: string;
  /** `ENOSPC` and the like; `null` when it was Holdfast that refused. */
  readonly code: string | null;

  constructor(path: string, sentence: string, code: string | null = null, cause?: unknown) {
    super(sentence, cause === undefined ? undefined : { cause });
    this.path = path;
    this.code = code;
  }
}

const WAY_OUT: { readonly [code: string]: string } = {
  ENOSPC: 'Free some space there (journalctl --vacuum-size, apt-get clean).',
  EDQUOT: 'Free some space there, or raise the quota.',
  EROFS: 'Look in dmesg for errors of the card, then mount it read-write again.',
  EACCES: 'Run this as root.',
  EPERM: 'Run this as root; if you are, look for an immutable flag with lsattr.',
  EIO: 'The storage has a fault: look in dmesg, and have a new card ready.',
};

export function codeOf(error: unknown): string | null {
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
  return typeof code === 'string' ? code : null;
}

/**
 * The sentence for a system call that failed. Node's own message would name `/proc/self/fd/…`, through which
 * files are reached, instead of the path a person knows.
 */
export function fileProblem(doing: string, path: string, error: unknown): FileProblem {
  if (error instanceof FileProblem) return error;
  const code = codeOf(error);
  const errno = error instanceof Error ? (error as NodeJS.ErrnoException).errno : undefined;
  const known = errno === undefined ? undefined : getSystemErrorMap().get(errno)?.[1];
  const reason = known ?? (error instanceof Error ? error.message : String(error));
  const wayOut = code === null ? undefined : WAY_OUT[code];
  const sentence = `Cannot ${doing} ${path}: ${reason}${code === null ? '' : ` (${code})`}.`;
  return new FileProblem(path, wayOut === undefined ? sentence : `${sentence} ${wayOut}`, code, error);
}
