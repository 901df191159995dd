// Writes the editor schemas into desired-state/.holdfast/, from the same definitions that `holdfast validate` uses.
import { build } from 'esbuild';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const top = new URL('..', import.meta.url).pathname;
const bundle = join(top, 'dist/schemas.mjs');
await build({
  entryPoints: [join(top, 'agent/desired/json-schema.ts')],
  outfile: bundle,
  bundle: true,
  platform: 'node',
  format: 'esm',
  logLevel: 'warning',
});
const { editorSchemas } = await import(bundle);
const folder = join(top, 'desired-state/.holdfast');
mkdirSync(folder, { recursive: true });
for (const [name, schema] of Object.entries(editorSchemas()))
  writeFileSync(join(folder, name), `${JSON.stringify(schema, null, 2)}\n`);
rmSync(bundle);
