import { join } from 'node:path';
import { buildSync } from 'esbuild';

const repository = new URL('../../..', import.meta.url).pathname;

/**
 * A program that a plain `node` runs, made from TypeScript that may import `agent/…`: for what only shows in a
 * process of its own (killed, or with descriptors handed to it).
 */
export function bundled(folder: string, source: string): string {
  const outfile = join(folder, 'program.mjs');
  buildSync({
    stdin: { contents: source, loader: 'ts', resolveDir: repository },
    bundle: true,
    platform: 'node',
    format: 'esm',
    banner: { js: 'import{createRequire as __cr}from"node:module";const require=__cr(import.meta.url);' },
    outfile,
  });
  return outfile;
}
