import { posix } from 'node:path';
import { didYouMean } from './did-you-mean.ts';
import { readText } from './load.ts';
import { TreeProblem, type Tree } from './tree.ts';

type Found<What> = What | { readonly problem: string };

/** A text under files/, as templates and their includes are read. */
export async function textUnderFiles(tree: Tree, name: string): Promise<Found<{ readonly text: string }>> {
  const read = await readText(tree, `files/${name}`);
  if ('problem' in read) return { problem: `files/${name}: ${read.problem}` };
  return read.text === null ? { problem: await notThere(tree, name) } : { text: read.text };
}

/** Bytes under files/, as `source` copies them. */
export async function bytesUnderFiles(
  tree: Tree,
  name: string,
): Promise<Found<{ readonly bytes: Uint8Array }>> {
  try {
    const bytes = await tree.read(`files/${name}`);
    return bytes === null ? { problem: await notThere(tree, name) } : { bytes };
  } catch (error) {
    if (error instanceof TreeProblem) return { problem: `files/${name}: ${error.message}` };
    throw error;
  }
}

async function notThere(tree: Tree, name: string): Promise<string> {
  const folder = posix.dirname(name);
  const beside = await tree.list(folder === '.' ? 'files' : `files/${folder}`);
  const names = beside.map((entry) => posix.join(folder, entry));
  const eta = names.find((entry) => entry === `${name}.eta`);
  const hint = eta === undefined ? didYouMean(name, names) : ` Did you mean "${eta}"?`;
  return `files/${name} does not exist.${hint || ' Add it to the repository.'}`;
}
