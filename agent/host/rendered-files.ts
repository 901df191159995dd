import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** For people to look at, not for a host: everything is the caller's own, and secrets are nobody else's to read. */
export function writeRendered(
  folder: string,
  files: ReadonlyMap<string, { readonly bytes: Uint8Array; readonly secret: boolean }>,
): void {
  for (const [path, { bytes, secret }] of files) {
    const target = join(folder, path);
    mkdirSync(dirname(target), { recursive: true });
    const mode = secret ? 0o600 : 0o644;
    writeFileSync(target, bytes, { mode });
    // The mode above counts only for a file that was not there.
    chmodSync(target, mode);
  }
}
