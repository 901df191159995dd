// Reads what `probe.mjs --json` printed, a file a time: the cells of a row of the fault table. Of several times the
// median (of an even number the lower of two), and the worst.
import { readFileSync } from 'node:fs';

const reports = process.argv
  .slice(2)
  .map((file) => JSON.parse(readFileSync(file, 'utf8').trim().split('\n').at(-1)))
  .toSorted((a, b) => a.failures - b.failures || a.longestRun - b.longestRun);
const shown =
  reports.length === 1 ? reports : [reports[Math.floor((reports.length - 1) / 2)], reports.at(-1)];
console.log(shown.map(cells).join(' '));

function cells({ failures, requests, longestRunMs }) {
  const longest = failures === 0 ? '-' : `${(longestRunMs / 1000).toFixed(2)} s`;
  return `${`${failures} of ${requests}`.padEnd(14)} ${longest.padEnd(9)}`;
}
