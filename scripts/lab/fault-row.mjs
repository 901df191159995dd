// Reads what `probe.mjs --json` printed: the cells of a row of the fault table.
import { readFileSync } from 'node:fs';

const report = JSON.parse(readFileSync(0, 'utf8').trim().split('\n').at(-1));
const longest = report.failures === 0 ? '-' : `${(report.longestRunMs / 1000).toFixed(2)} s`;
console.log(`${`${report.failures} of ${report.requests}`.padEnd(14)} ${longest.padEnd(9)}`);
