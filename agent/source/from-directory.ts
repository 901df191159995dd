import { aboutFile } from '../desired/diagnostics.ts';
import { TreeProblem, type Tree } from '../desired/tree.ts';
import type { RenderTree } from './render-tree.ts';
import type { Source } from './source.ts';

/** Desired state from a plain directory: the way in without Git (`holdfast converge --from DIR`). */
export function sourceFromDirectory(directory: string, tree: Tree, render: RenderTree): Source {
  return {
    newest: async () => {
      const followed = { head: null, ok: true, why: null };
      try {
        return { ...followed, newest: await render(tree, { directory }) };
      } catch (problem) {
        if (!(problem instanceof TreeProblem)) throw problem;
        return {
          ...followed,
          newest: { from: { directory }, diagnostics: [aboutFile(null, problem.message)] },
        };
      }
    },
  };
}
