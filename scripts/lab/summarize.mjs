// Reads `holdfast status --json` on standard input. Without arguments: one table
// row. With --missing COMMIT: what keeps the host from being converged at that
// commit, or nothing.
import { readFileSync } from 'node:fs';

const status = read();
const sha = status.commit?.sha ?? '';
const outcome = status.outcome ?? '';
const why = typeof status.why === 'string' && status.why !== '' ? `: ${status.why}` : '';
const [flag, commit] = process.argv.slice(2);
console.log(flag === '--missing' ? missing(commit) : row());

function read() {
  try {
    return JSON.parse(readFileSync(0, 'utf8')) ?? {};
  } catch {
    return {}; // Holdfast is not installed, or has not said anything yet
  }
}

function row() {
  const columns = [
    [status.role, 10],
    [status.priority, 9],
    [sha.slice(0, 7) || undefined, 10],
  ];
  return [
    ...columns.map(([value, width]) => String(value ?? '-').padEnd(width)),
    (outcome || '-') + why,
  ].join(' ');
}

function missing(wanted) {
  if (outcome === '') return 'has not reported yet';
  if (sha !== wanted) return `is at ${sha.slice(0, 7) || 'no commit yet'} (${outcome}${why})`;
  return ['in desired state', 'changed'].includes(outcome) ? '' : `says "${outcome}"${why}`;
}
