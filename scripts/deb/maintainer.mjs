import { execFileSync } from 'node:child_process';

/**
 * Whom to ask about a package: who builds it, where DEBEMAIL says so (and DEBFULLNAME, as for dch(1)); else whoever
 * made the newest commit in it. Where there is no repository there is nobody, and the address is none (RFC 2606).
 */
export function maintainerOf(top, { DEBFULLNAME: name, DEBEMAIL: address }) {
  if (address !== undefined) return address.includes('<') ? address : `${name ?? 'Holdfast'} <${address}>`;
  return lastCommit(top, '%an <%ae>') ?? 'The Holdfast authors <holdfast@holdfast.invalid>';
}

/** One line about it; `undefined`: no repository. */
export function lastCommit(top, format) {
  try {
    const options = { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] };
    return execFileSync('git', ['-C', top, 'log', '-1', `--format=${format}`], options).trim();
  } catch {
    return undefined;
  }
}
