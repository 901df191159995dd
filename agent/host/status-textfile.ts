import { closeSync } from 'node:fs';
import { dirname } from 'node:path';
import { openDirectory, type Root } from './open-directory.ts';
import { writeFileAtomic } from './write-file-atomic.ts';

const ROOT: Root = { path: '/', links: 'ours' };

/** Where Debian's node_exporter looks for what others measure (`--collector.textfile.directory`). */
export const TEXTFILE = '/var/lib/prometheus/node-exporter/holdfast.prom';

/** Whether the folder for it exists. */
export function wantsTextfile(path: string): boolean {
  const found = openDirectory(ROOT, dirname(path));
  if (!('descriptor' in found)) return false;
  closeSync(found.descriptor);
  return true;
}

/** `false`: the folder does not exist, so nobody wants it. Whole or not at all, and readable by node_exporter's user. */
export async function writeTextfile(path: string, text: string): Promise<boolean> {
  if (!wantsTextfile(path)) return false;
  const ours = { uid: process.geteuid!(), gid: process.getegid!() };
  await writeFileAtomic(ROOT, path, { bytes: Buffer.from(text, 'utf8'), mode: 0o644, ...ours });
  return true;
}
