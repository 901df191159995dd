import type { Address, Remote } from '../host/git-remote.ts';

export type Seen = {
  readonly remote: Remote;
  readonly address: Address;
  readonly match: RegExpExecArray;
  readonly stderr: string;
};

/** What Git, ssh and curl print when something fails, and what it means. The first that matches is meant. */
export type Cause = { readonly pattern: RegExp; readonly says: (seen: Seen) => string };

const knownHosts = ({ remote }: Seen): string =>
  remote.knownHosts ?? '~/.ssh/known_hosts or /etc/ssh/ssh_known_hosts';
const key = ({ remote }: Seen): string => remote.sshKey ?? "root's own SSH key";
const server = ({ address }: Seen): string =>
  address.host === null ? address.shown : `${address.host}${address.port === null ? '' : `:${address.port}`}`;
const scan = ({ address }: Seen): string =>
  `ssh-keyscan ${address.port === null ? '' : `-p ${address.port} `}${address.host}`;
/** How known_hosts names a server: sshd(8), SSH_KNOWN_HOSTS FILE FORMAT. */
const knownAs = ({ address }: Seen): string =>
  address.port === null || address.port === 22 ? `${address.host}` : `[${address.host}]:${address.port}`;

const HOST_KEY: readonly Cause[] = [
  {
    pattern: /HOST IDENTIFICATION HAS CHANGED|Host key for .* has changed|REVOKED HOST KEY/,
    says: (seen) =>
      `The host key of the Git server ${server(seen)} is not the one in ${offending(seen)}: it was installed anew, or something else answers in its place. If you know why it changed, run "ssh-keygen -R '${knownAs(seen)}' -f ${knownHosts(seen)}" and add the new key, which "${scan(seen)}" prints, after comparing it with the server's own.`,
  },
  {
    pattern: /No \S+ host key is known for|Host key verification failed/,
    says: (seen) =>
      `The host key of the Git server ${server(seen)} is not in ${knownHosts(seen)}. Compare what "${scan(seen)}" prints with the server's own /etc/ssh/ssh_host_*_key.pub, and add it to that file.`,
  },
];

function offending(seen: Seen): string {
  const line = /^Offending .* key in (.+:\d+)\r?$/m.exec(seen.stderr);
  return line?.[1] ?? knownHosts(seen);
}

const KEY: readonly Cause[] = [
  {
    pattern: /UNPROTECTED PRIVATE KEY FILE|bad permissions/,
    says: (seen) =>
      `The key ${key(seen)} can be read by others, so ssh does not use it. Run "chmod 600 ${key(seen)}".`,
  },
  {
    pattern: /(?:no such identity: |Identity file )(.+?)(?:: | not accessible)/,
    says: ({ match }) =>
      `The key ${match[1]} is not there. Put the deploy key in this place, or change repository.sshKey.`,
  },
  {
    pattern: /Load key "(.+?)": (?!Permission)(.+)/,
    says: ({ match }) =>
      `The key ${match[1]} cannot be used (${match[2]?.trim()}). Put an unencrypted OpenSSH private key in this place.`,
  },
  {
    pattern: /Permission denied \(|Too many authentication failures/,
    says: (seen) =>
      `The Git server ${server(seen)} refused ${key(seen)}${seen.address.user === null ? '' : ` for the user ${seen.address.user}`}. Add what "ssh-keygen -y -f ${seen.remote.sshKey ?? 'KEY'}" prints to the repository's deploy keys; read access is enough.`,
  },
];

const NETWORK: readonly Cause[] = [
  {
    pattern: /Could not resolve host(?:name)?:? ([^\s:]+)/,
    says: ({ match }) =>
      `The name ${match[1]} of the Git server could not be resolved. Check this host's DNS and repository.url.`,
  },
  {
    pattern: /timed out during banner exchange/,
    says: (seen) =>
      `The Git server ${server(seen)} accepted the connection and then said nothing. Check that an SSH server listens there and is not overloaded.`,
  },
  {
    pattern: /(?:connect to host|Failed to connect to) \S+ port \d+.*?: ([^\r\n]+)/,
    says: (seen) =>
      `The Git server ${server(seen)} cannot be reached (${seen.match[1]?.trim()}). Check that it runs, repository.url, and the network; Holdfast tries again by itself.`,
  },
  {
    pattern:
      /Connection (?:closed|reset) by|kex_exchange_identification|early EOF|Timeout, server .* not responding|Operation too slow|Broken pipe|(?:remote end|unexpectedly) hung up (?!unexpectedly)|Connection timed out/,
    says: (seen) =>
      `The connection to the Git server ${server(seen)} broke. Check the server's log and the network; Holdfast tries again by itself.`,
  },
  {
    pattern:
      /SSL certificate problem|(?:server|certificate) verification failed|SSL: |error setting certificate|TLS connect|gnutls_handshake/i,
    says: (seen) =>
      `The certificate of the Git server ${server(seen)} was not accepted. Install its authority on this host, and check repository.url and the clock.`,
  },
];

const REPOSITORY: readonly Cause[] = [
  {
    pattern: /could not read (?:Username|Password)|Authentication failed|Access denied|error: 40[13]/,
    says: ({ address }) =>
      `${address.shown} wants ${address.authorization === null ? 'a user name and a password or token. Write them' : 'another user name and password or token than those'} in repository.url (https://USER:TOKEN@HOST/…), or use SSH with a deploy key.`,
  },
  {
    pattern: /transport '([\w-]+)' not allowed|unable to find remote helper for '([\w-]+)'/,
    says: ({ match }) =>
      `Holdfast does not fetch over "${match[1] ?? match[2]}". Use SSH, HTTPS or a path in repository.url.`,
  },
  {
    pattern: /dubious ownership/,
    says: ({ address }) =>
      `The repository ${address.shown} belongs to another user than the one that reads it, so Git does not trust it. Give it to root (chown -R root), or fetch it over SSH.`,
  },
  {
    pattern: /couldn't find remote ref (\S+)/,
    says: ({ match, address }) => `${match[1]} went away from ${address.shown} while it was fetched.`,
  },
  {
    pattern: /does not appear to be a git repository|not found|Could not find repository|does not exist/i,
    says: ({ address }) =>
      `There is no Git repository at ${address.shown}, or none that this host may read. Check repository.url, and what the key or token gives access to.`,
  },
];

const THIS_HOST: readonly Cause[] = [
  {
    // The second: csum-file.c of Git has words of its own for it.
    pattern: /No space left on device|Out of diskspace/,
    says: () =>
      `There is no space left for the state repository. Free some on the file system of Holdfast's state directory.`,
  },
  {
    pattern: /spawn git ENOENT/,
    says: () => `Git is not installed on this host. Run "apt-get install git".`,
  },
  {
    pattern: /cannot run ssh|ssh: not found/,
    says: () => `ssh is not installed on this host. Run "apt-get install openssh-client".`,
  },
  {
    pattern: /Unable to create '(.+\.lock)': File exists/,
    says: ({ match }) =>
      `Another Git is at work on Holdfast's copy of the repository (${match[1]}). It is left alone; the next cycle tries again.`,
  },
];

export const CAUSES: readonly Cause[] = [...THIS_HOST, ...HOST_KEY, ...KEY, ...NETWORK, ...REPOSITORY];
