import { show } from './schema.ts';

/** Others must not get at a secret at all; a group only if it was chosen: root's is everybody's default. */
export function secretModeProblem(mode: number, group: string, isGiven: boolean): string | null {
  const allowed = group === 'root' ? 0o700 : 0o770;
  if ((mode & 0o777 & ~allowed) === 0) return null;
  const way = group === 'root' ? '"0600"' : `"0640", which lets the group ${group} read it`;
  if (!isGiven) return `Without a mode everybody on the host could read it. Write mode: ${way}.`;
  const who = (mode & 0o007) === 0 ? 'the group root' : 'everybody on the host';
  return `Mode ${show(mode.toString(8).padStart(4, '0'))} lets ${who} at it. Write mode: ${way}.`;
}
