import type { Candidate, From, NoDesiredState, Refusal } from '../desired/candidate.ts';
import type { Tree } from '../desired/tree.ts';

/** Load, role, render, for this host. */
export type RenderTree = (tree: Tree, from: From) => Promise<Candidate | Refusal | NoDesiredState>;
