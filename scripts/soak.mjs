// What takes too long for every commit, on a lab of its own: `npm run soak`, or a part of it with what vitest takes,
// as in `npm run soak -- -t "cuts VRRP"`. Needs root.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const top = new URL('..', import.meta.url).pathname;
process.env.HOLDFAST_LAB_NAME ??= 'holdfast-soak';
// Most tests are about one host at a time, on all three.
process.env.LAB_STRATEGY ??= 'together';

function run(program, ...args) {
  const { status, error } = spawnSync(program, args, { cwd: top, stdio: 'inherit' });
  if (error !== undefined) throw error;
  return status ?? 1;
}
const lab = (verb) => run(join(top, 'scripts/lab.sh'), verb);

const vitest = (...args) =>
  run('npx', '--no-install', 'vitest', 'run', '--config', 'test/vitest.config.ts', ...args);

// The suite's own tests that try a few of their points try all of them.
process.env.HOLDFAST_SOAK = '1';
const asked = process.argv.slice(2);

process.exitCode = lab('up');
if (process.exitCode === 0) {
  process.exitCode = vitest('--project', 'soak', ...asked);
  if (asked.length === 0) {
    process.exitCode ||= vitest(
      '--project',
      'lab',
      'test/lab/40-crash.test.ts',
      'test/lab/51-api-servers.test.ts',
      'test/lab/52-handover.test.ts',
    );
    process.exitCode ||= vitest('--project', 'laws', 'test/laws/crash-matrix.test.ts');
    process.exitCode ||= vitest('--project', 'laws', 'test/laws/transaction-properties.test.ts');
    process.exitCode ||= vitest('--project', 'laws', 'test/laws/hostile-trees.test.ts');
  }
}
// A lab that could not be booted, or whose hosts are to be looked at, stays until the next one.
if (process.exitCode === 0) process.exitCode = lab('down');
else console.log(`The lab ${process.env.HOLDFAST_LAB_NAME} is left as it is, to be looked at.`);
