import { userInfo } from 'node:os';

/** Who runs this command, as others know them: the name that they logged in with, not the root that sudo made them. */
export function callerOf(environment: Readonly<Record<string, string | undefined>>): string {
  const asRoot = environment['SUDO_USER'] ?? environment['DOAS_USER'] ?? '';
  if (asRoot !== '') return asRoot;
  try {
    return userInfo().username;
  } catch {
    // A user without an entry in /etc/passwd.
    return `user ${process.getuid!()}`;
  }
}
