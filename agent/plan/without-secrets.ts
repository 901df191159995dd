import type { BlobMemory, BlobRef } from '../host/host.ts';
import { hushed, inSpans } from '../desired/hush.ts';
import { parts, type Resource } from '../resources/kind.ts';
import { isFileOnDisk } from '../resources/state.ts';

/**
 * What a validator printed, without what the secret files of this host hold: keepalived -t and others quote lines of
 * the file that they refuse.
 */
export function withoutSecrets(printed: string, resources: readonly Resource[], blobs: BlobMemory): string {
  return hushed(
    printed,
    resources.flatMap((resource) => secretsIn(resource, blobs)),
  );
}

function secretsIn({ id, secret, spec, hidden }: Resource, blobs: BlobMemory): readonly string[] {
  if (!secret || !isFileOnDisk(spec)) return [];
  const text = textOf(spec.content, blobs);
  // Nobody knows which part of it is the secret; its own path is none.
  return hidden === undefined ? [text.replaceAll(parts(id)[1], '')] : inSpans(text, hidden);
}

/** Bytes that nobody has at hand were staged for no validator. */
function textOf(content: BlobRef, blobs: BlobMemory): string {
  try {
    return blobs.text(content);
  } catch {
    return '';
  }
}
