import type { BlobRef, StateDirectory } from '../host/host.ts';
import type { Candidate } from '../desired/candidate.ts';

const FOLDER = 'generations';
/** So many are kept: enough to go back to, few enough for an SD card. */
const KEPT = 10;

/** A committed desired state, rendered: it is enforced and gone back to without Git and without templates. */
export type Generation = {
  readonly version: 1;
  readonly generation: number;
  readonly commit: { readonly sha: string; readonly author: string; readonly subject: string } | null;
  readonly atMs: number;
  /** Release and identity that the rendering depends on: with another one, the same commit is rendered again. */
  readonly renderedFor: string;
  readonly candidate: Omit<Candidate, 'blobs' | 'from'>;
};

const nameOf = (generation: number): string => `${FOLDER}/${generation}.json`;

export async function readGeneration(state: StateDirectory, generation: number): Promise<Generation | null> {
  const bytes = await state.read(nameOf(generation));
  if (bytes === null) return null;
  return parse(bytes, `${state.path}/${nameOf(generation)}`);
}

/** A generation that this release cannot use; the message is a clause. */
export class GenerationDamaged extends Error {
  override readonly name = 'GenerationDamaged';
}

function parse(bytes: Uint8Array, path: string): Generation {
  let read: Generation;
  try {
    read = JSON.parse(new TextDecoder().decode(bytes)) as Generation;
  } catch {
    throw new GenerationDamaged(`${path} is damaged`);
  }
  if (read?.version === 1) return read;
  throw new GenerationDamaged(`${path} was written by another release of Holdfast`);
}

export const writeGeneration = (state: StateDirectory, generation: Generation): Promise<void> =>
  state.replace(nameOf(generation.generation), JSON.stringify(generation));

/** Those that are kept, newest first. */
export async function generationNumbers(state: StateDirectory): Promise<readonly number[]> {
  return (await state.list(FOLDER))
    .map((name) => Number(/^(\d+)\.json$/.exec(name)?.[1] ?? Number.NaN))
    .filter((n) => Number.isInteger(n))
    .sort((a, b) => b - a);
}

/** Old ones go, and one that never came into force; says which stay, so that their blobs can stay too. */
export async function pruneGenerations(state: StateDirectory, current: number): Promise<readonly number[]> {
  const numbers = await generationNumbers(state);
  const stay = numbers.filter((n) => n <= current).slice(0, KEPT);
  for (const n of numbers) if (!stay.includes(n)) await state.remove(nameOf(n));
  return stay;
}

export const asCandidate = (generation: Generation): Candidate => ({
  ...generation.candidate,
  from: { generation: generation.generation, commit: generation.commit?.sha ?? null },
  blobs: new Map(),
});

/** Digests that a value mentions, however deep: states and specs hold bytes only by digest. */
export function blobRefsIn(value: unknown): readonly BlobRef[] {
  if (typeof value !== 'object' || value === null) return [];
  if (Array.isArray(value)) return value.flatMap(blobRefsIn);
  const { sha256, size } = value as { sha256?: unknown; size?: unknown };
  if (typeof sha256 === 'string' && typeof size === 'number') return [{ sha256, size }];
  return Object.values(value).flatMap(blobRefsIn);
}
