import { parts } from '../resources/kind.ts';
import type { Candidate } from './candidate.ts';

/** A file as it would be on the host, for `holdfast render`. */
export type RenderedFile = { readonly bytes: Uint8Array; readonly secret: boolean };

/** By path on the host; files that shall be absent are not there. */
export function renderedFiles({
  resources,
  blobs,
}: Pick<Candidate, 'resources' | 'blobs'>): ReadonlyMap<string, RenderedFile> {
  const files = new Map<string, RenderedFile>();
  for (const { id, spec, secret } of resources) {
    const [kind, path] = parts(id);
    if (kind !== 'file' || spec === null) continue;
    const { content } = spec as { readonly content: { readonly sha256: string } };
    const bytes = blobs.get(content.sha256);
    if (bytes === undefined) throw new Error(`The content of ${id} was not rendered.`);
    files.set(path, { bytes, secret });
  }
  return files;
}
