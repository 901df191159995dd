// Builds dist/holdfast_VERSION_all.deb, bit for bit the same for one commit, and dist/bootstrap.sh, which installs it.
// "npm run deb -- DIR": into DIR instead. HOLDFAST_VERSION: as another version, for tests of upgrades.
import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { commandLineOf } from './deb/command-line.mjs';
import { bashCompletion } from './deb/completion.mjs';
import { changelog, control } from './deb/control.mjs';
import { lastCommit, maintainerOf } from './deb/maintainer.mjs';
import { manual } from './deb/manual.mjs';
import { filesBelow, kibibytes, md5sums, put, settleModes, zipped } from './deb/package-tree.mjs';

const top = new URL('..', import.meta.url).pathname;
const dist = process.argv[2] === undefined ? join(top, 'dist') : resolve(process.argv[2]);
const tree = join(dist, 'deb');
const { version: own, description } = JSON.parse(readFileSync(join(top, 'package.json'), 'utf8'));
const version = process.env.HOLDFAST_VERSION ?? own;
const epoch = Number(process.env.SOURCE_DATE_EPOCH ?? lastCommit(top, '%ct') ?? 0);
const maintainer = maintainerOf(top, process.env);

execFileSync(process.execPath, [join(top, 'scripts/build.mjs'), dist], { stdio: 'inherit' });
cpSync(join(dist, 'tree'), tree, { recursive: true });
await documents();
configuration();
papers();
const file = join(dist, `holdfast_${version}_all.deb`);
execFileSync('dpkg-deb', ['--root-owner-group', '-Zxz', '--build', tree, file], {
  env: { PATH: process.env.PATH, LC_ALL: 'C.UTF-8', SOURCE_DATE_EPOCH: String(epoch) },
  stdio: ['ignore', 'ignore', 'inherit'],
});
rmSync(tree, { recursive: true });
const bootstrap = execFileSync('bash', [join(top, 'scripts/bootstrap.sh'), '--single-file']);
writeFileSync(join(dist, 'bootstrap.sh'), bootstrap, { mode: 0o755 });
console.log(file);

/** What a person reads, and their shell and editor. */
async function documents() {
  const program = await commandLineOf(top, dist, version);
  const date = new Date(epoch * 1000).toISOString().slice(0, 10);
  put(tree, 'usr/share/man/man1/holdfast.1.gz', zipped(manual(program, { version, date })));
  put(tree, 'usr/share/bash-completion/completions/holdfast', bashCompletion(program));
  const docs = 'usr/share/doc/holdfast';
  put(tree, `${docs}/README.md.gz`, zipped(readFileSync(join(top, 'README.md'))));
  put(tree, `${docs}/libraries.gz`, zipped(readFileSync(join(tree, docs, 'libraries'))));
  put(tree, `${docs}/copyright`, readFileSync(join(top, 'scripts/deb/copyright')));
  put(tree, `${docs}/changelog.gz`, zipped(changelog(version, maintainer, epoch)));
  // As Debian wants them, they are there already.
  for (const name of ['libraries', 'LICENSE']) rmSync(join(tree, docs, name));
  const schemas = join(top, 'desired-state/.holdfast');
  for (const name of readdirSync(schemas))
    put(tree, `usr/share/holdfast/schema/${name}`, readFileSync(join(schemas, name)));
}

function configuration() {
  put(tree, 'etc/holdfast/agent.yaml', readFileSync(join(top, 'scripts/deb/agent.yaml')));
  put(tree, 'DEBIAN/conffiles', '/etc/holdfast/agent.yaml\n');
}

function papers() {
  put(tree, 'usr/share/lintian/overrides/holdfast', readFileSync(join(top, 'scripts/deb/lintian-overrides')));
  settleModes(tree);
  // The agent does not start while others may read it: what it names may hold a password.
  chmodSync(join(tree, 'etc/holdfast/agent.yaml'), 0o600);
  const files = filesBelow(tree).filter((path) => path.startsWith('usr/'));
  put(tree, 'DEBIAN/md5sums', md5sums(tree, files));
  const installedSize = kibibytes(tree, files);
  put(tree, 'DEBIAN/control', control({ version, maintainer, description, installedSize }));
  for (const script of ['postinst', 'prerm', 'postrm'])
    put(tree, `DEBIAN/${script}`, readFileSync(join(top, 'scripts/deb', script)), 0o755);
}
