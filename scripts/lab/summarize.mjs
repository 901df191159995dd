// Reads `holdfast status --json` on standard input. --row WIDTH: one table row of at most so many characters (0: as
// many as it takes). --missing COMMIT: what keeps the host from being converged at that commit, or nothing.
import { readFileSync } from 'node:fs';

const status = read();
const sha = status.commit?.sha ?? '';
const outcome = status.outcome ?? '';
// A reason may have a second line, with the place it speaks of: `holdfast status` shows that.
const why = typeof status.why === 'string' && status.why !== '' ? `: ${status.why.split('\n', 1)[0]}` : '';
const [flag, value] = process.argv.slice(2);
console.log(flag === '--missing' ? missing(value) : row(Number(value)));

function read() {
  try {
    return JSON.parse(readFileSync(0, 'utf8')) ?? {};
  } catch {
    return {}; // Holdfast is not installed, or has not said anything yet
  }
}

function row(width) {
  const columns = [
    [status.role, 10],
    [status.priority, 9],
    [sha.slice(0, 7) || undefined, 10],
  ];
  const text = [
    ...columns.map(([cell, wide]) => String(cell ?? '-').padEnd(wide)),
    (outcome || '-') + why,
  ].join(' ');
  return width > 0 && text.length > width ? `${text.slice(0, width - 1)}…` : text;
}

function missing(wanted) {
  if (outcome === '') return 'has not reported yet';
  // Its whole sentence names the commit as well, and here there is one.
  const [, turn] = /^: Commit .* is held: it (waits for .*)\.$/.exec(why) ?? [];
  if (outcome === 'held' && turn !== undefined) return turn;
  if (sha !== wanted) return `is at ${sha.slice(0, 7) || 'no commit yet'} (${outcome}${why})`;
  return ['in desired state', 'changed'].includes(outcome) ? '' : `says "${outcome}"${why}`;
}
