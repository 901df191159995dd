/** What a command may be given. Only what stands here reaches it: nothing of Holdfast's own environment does. */
export type CommandOptions = {
  readonly timeoutMs?: number;
  readonly environment?: Readonly<Record<string, string>>;
  /** Written to its standard input, which is else empty. For secrets: argv is for everybody to read. */
  readonly input?: string;
  /** Where programs are looked for. */
  readonly searchPath?: string;
};

/** root's PATH of Debian (login.defs, ENV_SUPATH): a unit's or a user's own must not decide what runs. */
export const SEARCH_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

export const QUERY_TIMEOUT_MS = 30_000;
export const RUN_TIMEOUT_MS = 120_000;

/** A large cluster's iptables-save is a megabyte or two; a Pi's heap is 96. */
export const MOST_OUTPUT = 8 * 1024 * 1024;

/** C.UTF-8: what is parsed must not be translated, and names in any script must survive. */
export const environmentOf = (options: CommandOptions): Record<string, string> => ({
  PATH: options.searchPath ?? SEARCH_PATH,
  LC_ALL: 'C.UTF-8',
  ...options.environment,
});

/** A program and its arguments, never a shell's line. */
export function programOf(argv: readonly string[]): readonly [string, readonly string[]] {
  const [program, ...rest] = argv;
  if (program === undefined || program === '' || argv.some((word) => word.includes('\0'))) {
    throw new TypeError(`not a command: ${JSON.stringify(argv)}`);
  }
  return [program, rest];
}
