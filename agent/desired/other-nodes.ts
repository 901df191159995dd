import { KEEPALIVED } from '../lints/repository/lint.ts';
import type { Kinds } from '../resources/kind.ts';
import type { OneRendered } from './linted.ts';
import { renderHost, type ToRender } from './render.ts';
import { listedRole } from './role.ts';

/** What the other nodes of the control plane tell keepalived: a commit on which they disagree is no host's. */
export async function otherNodes(
  ready: Omit<ToRender, 'role' | 'kinds' | 'only'>,
  hostname: string,
  kinds: Kinds,
): Promise<readonly OneRendered[]> {
  const { nodes } = ready.cluster;
  const found: OneRendered[] = [];
  for (const { name } of nodes) {
    const role = name === hostname ? null : listedRole(ready.cluster, name);
    if (role !== null)
      found.push({ role, rendered: await renderHost({ ...ready, role, kinds, only: KEEPALIVED }) });
  }
  return found;
}
