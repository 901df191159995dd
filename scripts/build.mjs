// Builds dist/holdfast.tar.gz: everything that a host needs, to be unpacked at /. Bit for bit the same for one commit.
import { build } from 'esbuild';
import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const top = new URL('..', import.meta.url).pathname;
const dist = join(top, 'dist');
const tree = join(dist, 'tree');
const { version } = JSON.parse(readFileSync(join(top, 'package.json'), 'utf8'));

// Some dependencies are CommonJS and call require(), which an ES module does not have by itself.
const banner = 'import{createRequire as __cr}from"node:module";const require=__cr(import.meta.url);';

rmSync(dist, { recursive: true, force: true });
mkdirSync(join(tree, 'usr/bin'), { recursive: true });

await build({
  entryPoints: { holdfast: join(top, 'agent/main.ts') },
  outdir: join(tree, 'usr/lib/holdfast'),
  bundle: true,
  splitting: true, // a command that is not called is not loaded
  chunkNames: 'chunks/[name]-[hash]',
  platform: 'node',
  target: 'node20.19',
  format: 'esm',
  // Identifiers stay: errors and stack traces keep their names, at no cost when the program starts.
  minifyWhitespace: true,
  minifySyntax: true,
  legalComments: 'none',
  banner: { js: banner },
  define: { HOLDFAST_RELEASE: JSON.stringify(version) },
  logLevel: 'warning',
});
// Without this Node would take the chunks for CommonJS.
writeFileSync(join(tree, 'usr/lib/holdfast/package.json'), '{ "type": "module" }\n');

const launcher = `#!/bin/sh
# The same limits as in holdfast.service: a Pi has better uses for its memory.
export MALLOC_ARENA_MAX=1
exec /usr/bin/node --no-opt --max-semi-space-size=1 --max-old-space-size=96 /usr/lib/holdfast/holdfast.js "$@"
`;
writeFileSync(join(tree, 'usr/bin/holdfast'), launcher);
chmodSync(join(tree, 'usr/bin/holdfast'), 0o755);

const copy = (from, to) => cpSync(join(top, from), join(tree, to), { recursive: true });
copy('systemd/holdfast.service', 'usr/lib/systemd/system/holdfast.service');
copy('systemd/holdfast.tmpfiles.conf', 'usr/lib/tmpfiles.d/holdfast.conf');
copy('desired-state', 'usr/share/holdfast/desired-state');
copy('LICENSE', 'usr/share/doc/holdfast/LICENSE');

execFileSync('tar', [
  '--create',
  '--gzip',
  '--file',
  join(dist, 'holdfast.tar.gz'),
  '--directory',
  tree,
  '--owner=0',
  '--group=0',
  '--numeric-owner',
  '--sort=name',
  '--mtime=@0',
  '--mode=u+rwX,go+rX,go-w',
  'usr',
]);
