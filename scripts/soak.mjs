// What takes too long for every commit, on a lab of its own: `npm run soak`, or a part of it with what vitest takes,
// as in `npm run soak -- -t "cuts VRRP"`. Needs root.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const top = new URL('..', import.meta.url).pathname;
process.env.HOLDFAST_LAB_NAME ??= 'holdfast-soak';

function run(program, ...args) {
  const { status, error } = spawnSync(program, args, { cwd: top, stdio: 'inherit' });
  if (error !== undefined) throw error;
  return status ?? 1;
}
const lab = (verb) => run(join(top, 'scripts/lab.sh'), verb);

process.exitCode = lab('up');
if (process.exitCode === 0) {
  const tests = ['--config', 'test/vitest.config.ts', '--project', 'soak', ...process.argv.slice(2)];
  process.exitCode = run('npx', '--no-install', 'vitest', 'run', ...tests);
}
// A lab that could not be booted, or whose hosts are to be looked at, stays until the next one.
if (process.exitCode === 0) process.exitCode = lab('down');
else console.log(`The lab ${process.env.HOLDFAST_LAB_NAME} is left as it is, to be looked at.`);
