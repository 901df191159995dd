import { createHash } from 'node:crypto';
import type { BlobMemory, BlobRef, FileOnDisk } from '../../../agent/host/host.ts';

/** Bytes by digest, in memory. */
export function memoryBlobs(): BlobMemory & {
  file(text: string, mode?: number, owner?: string, group?: string): FileOnDisk;
} {
  const kept = new Map<string, Uint8Array>();
  const bytes = ({ sha256 }: BlobRef): Uint8Array => {
    const found = kept.get(sha256);
    if (found === undefined) throw new Error(`nobody remembers ${sha256}`);
    return found;
  };
  const remember = (content: Uint8Array): BlobRef => {
    const sha256 = createHash('sha256').update(content).digest('hex');
    kept.set(sha256, content);
    return { sha256, size: content.length };
  };
  return {
    remember,
    bytes,
    text: (ref) => Buffer.from(bytes(ref)).toString('utf8'),
    file: (text, mode = 0o644, owner = 'root', group = 'root') => ({
      content: remember(Buffer.from(text)),
      mode,
      owner,
      group,
    }),
  };
}
