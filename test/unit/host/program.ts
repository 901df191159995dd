import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** An executable shell script of this name in the folder. */
export function program(folder: string, name: string, body: string): string {
  const path = join(folder, name);
  writeFileSync(path, `#!/bin/sh\n${body}\n`, { mode: 0o755 });
  return path;
}
