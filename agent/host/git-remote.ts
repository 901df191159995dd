/** Where the state repository is, as agent.yaml says it. */
export type Remote = {
  /** SSH (`git@host:path`, `ssh://`), `https://`, `file://` or an absolute path. */
  readonly url: string;
  readonly branch: string;
  readonly sshKey?: string | undefined;
  readonly knownHosts?: string | undefined;
  /** For HTTPS: the authority to trust instead of the system's. */
  readonly caFile?: string | undefined;
};

/** A remote's address, taken apart. */
export type Address = {
  readonly transport: 'ssh' | 'https' | 'file' | 'other';
  readonly user: string | null;
  readonly host: string | null;
  readonly port: number | null;
  /** What Git is given: for HTTPS without user name and password, which would show in the process list. */
  readonly url: string;
  /** The header that carries what was taken out of `url`. */
  readonly authorization: string | null;
  /** What a person is shown: never a password or a token. */
  readonly shown: string;
};

/** As `git help urls` has it. A path that only looks like `host:path` begins with a slash. */
export function addressOf(url: string): Address {
  const bare = { user: null, host: null, port: null, url, authorization: null, shown: withoutSecrets(url) };
  if (/^https:/i.test(url)) return httpsAddress(url, bare);
  if (/^(?:git\+)?ssh:/i.test(url)) return { ...bare, transport: 'ssh', ...authority(url) };
  if (/^file:/i.test(url)) return { ...bare, transport: 'file' };
  // `scheme://…` and `helper::…` that are none of the above: Git is told not to use them.
  if (/^[a-z][a-z0-9+.-]*:(?:\/\/|:)/i.test(url)) return { ...bare, transport: 'other' };
  const scp = /^(?:([^@/]+)@)?(\[[^\]]+\]|[^/:]+):/.exec(url);
  if (scp === null) return { ...bare, transport: 'file' };
  return { ...bare, transport: 'ssh', user: scp[1] ?? null, host: (scp[2] ?? '').replace(/^\[|\]$/g, '') };
}

type Bare = Omit<Address, 'transport'>;

function httpsAddress(url: string, bare: Bare): Address {
  if (!URL.canParse(url)) return { ...bare, transport: 'other' };
  const parsed = new URL(url);
  const { username, password } = parsed;
  parsed.username = '';
  parsed.password = '';
  const pair = `${decoded(username)}:${decoded(password)}`;
  return {
    ...bare,
    transport: 'https',
    ...authority(url),
    user: null,
    url: parsed.href,
    authorization: pair === ':' ? null : `Authorization: Basic ${Buffer.from(pair).toString('base64')}`,
  };
}

function authority(url: string): Pick<Address, 'user' | 'host' | 'port'> {
  if (!URL.canParse(url)) return { user: null, host: null, port: null };
  const { username, hostname, port } = new URL(url);
  return {
    user: username === '' ? null : decoded(username),
    host: hostname.replace(/^\[|\]$/g, ''),
    port: port === '' ? null : Number(port),
  };
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part; // a lone per cent sign that was meant literally
  }
}

/**
 * Hides what stands before an `@` in every URL of a text, blanks and all: all of it for HTTP, where a token may stand
 * in the place of the user name; the password for the others. A query goes, too: `?access_token=` is one. Prose that
 * looks like one of these loses a few words, which harms nobody. The lengths are bounded because the text may be a
 * stranger's, who could otherwise have each of its letters looked at as often as it has letters.
 */
export function withoutSecrets(text: string): string {
  return text
    .replace(/(https?:\/\/)[^/\n]*@/gi, '$1***@')
    .replace(/([a-z][a-z0-9+.-]{0,20}:\/\/[^\s/:@]+):[^/\n]*@/gi, '$1:***@')
    .replace(/([a-z][a-z0-9+.-]{0,20}:\/\/[^\s?'"]{0,2048}\?)[^\s'"]+/gi, '$1***');
}
