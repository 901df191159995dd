// Builds dist/holdfast.tar.gz: everything that a host needs, to be unpacked at /. Bit for bit the same for one commit.
// "node scripts/build.mjs DIR": into DIR instead. HOLDFAST_VERSION: as another version, for tests of upgrades.
import { build } from 'esbuild';
import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { cronWithoutIcu } from './build/cron-without-icu.mjs';
import { librariesIn } from './build/libraries.mjs';

const top = new URL('..', import.meta.url).pathname;
const dist = process.argv[2] === undefined ? join(top, 'dist') : resolve(process.argv[2]);
const tree = join(dist, 'tree');
const version =
  process.env.HOLDFAST_VERSION ?? JSON.parse(readFileSync(join(top, 'package.json'), 'utf8')).version;

rmSync(dist, { recursive: true, force: true });
mkdirSync(join(tree, 'usr/bin'), { recursive: true });

// pino's transports are worker threads, whose files a bundle does not have; ours is a synchronous destination.
const withoutWorkers = {
  name: 'without-workers',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^thread-stream$/ }, () => ({ path: 'thread-stream', namespace: 'left-out' }));
    onLoad({ filter: /.*/, namespace: 'left-out' }, () => ({
      contents:
        'module.exports = class { constructor() { throw new Error("no worker threads in this bundle"); } };',
    }));
  },
};

// Keys of these kinds are refused before age sees them (recipients-schema.ts); they would be a twentieth of the program.
const withoutPostQuantum = {
  name: 'without-post-quantum',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^@noble\/post-quantum\// }, () => ({
      path: 'post-quantum',
      namespace: 'not-needed',
    }));
    onLoad({ filter: /.*/, namespace: 'not-needed' }, () => ({
      contents: 'module.exports = { MLKEM768P256: undefined, MLKEM768X25519: undefined };',
    }));
  },
};

// One CommonJS file: the launcher can hand V8 its compiled code from an earlier start, which it cannot for ES modules.
// What is imported when it is needed (a command, templates, execa) is evaluated only then.
const { metafile } = await build({
  entryPoints: [join(top, 'agent/main.ts')],
  outfile: join(tree, 'usr/lib/holdfast/program.cjs'),
  bundle: true,
  platform: 'node',
  target: 'node20.19',
  format: 'cjs',
  // Identifiers stay: errors and stack traces keep their names, at no cost when the program starts.
  minifyWhitespace: true,
  minifySyntax: true,
  legalComments: 'none',
  define: {
    HOLDFAST_RELEASE: JSON.stringify(version),
    'import.meta.url': '"file:///usr/lib/holdfast/program.cjs"',
  },
  plugins: [withoutWorkers, withoutPostQuantum, cronWithoutIcu(top)],
  logLevel: 'warning',
  absWorkingDir: top,
  metafile: true,
});
cpSync(join(top, 'agent/launcher.cjs'), join(tree, 'usr/lib/holdfast/holdfast.cjs'));

for (const script of ['is-configured', 'restart-when-idle', 'apt-get-durably']) {
  cpSync(join(top, 'systemd', script), join(tree, 'usr/lib/holdfast', script));
  chmodSync(join(tree, 'usr/lib/holdfast', script), 0o755);
}

const launcher = `#!/bin/sh
# A command is short, and collecting garbage is most of what it could save.
exec /usr/bin/node --disable-warning=ExperimentalWarning --min-semi-space-size=16 /usr/lib/holdfast/holdfast.cjs "$@"
`;
writeFileSync(join(tree, 'usr/bin/holdfast'), launcher);
chmodSync(join(tree, 'usr/bin/holdfast'), 0o755);

const copy = (from, to) => cpSync(join(top, from), join(tree, to), { recursive: true });
copy('systemd/holdfast.service', 'usr/lib/systemd/system/holdfast.service');
copy('systemd/holdfast-recover.service', 'usr/lib/systemd/system/holdfast-recover.service');
copy('systemd/holdfast-agree.service', 'usr/lib/systemd/system/holdfast-agree.service');
// The second stands for all services whose names begin with "holdfast-" (systemd.unit(5)).
for (const service of ['holdfast', 'holdfast-'])
  copy('systemd/sandbox.conf', `usr/lib/systemd/system/${service}.service.d/sandbox.conf`);
copy('systemd/keepalived.service.d', 'usr/lib/systemd/system/keepalived.service.d');
copy('systemd/holdfast.tmpfiles.conf', 'usr/lib/tmpfiles.d/holdfast.conf');
copy('desired-state', 'usr/share/holdfast/desired-state');
copy('LICENSE', 'usr/share/doc/holdfast/LICENSE');
writeFileSync(join(tree, 'usr/share/doc/holdfast/libraries'), librariesIn(metafile.inputs, top));

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
