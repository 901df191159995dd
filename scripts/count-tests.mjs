// count-tests.mjs FAILED FILE...: sums vitest's JSON reports into the suite's last line, and exits 1 unless all passed.
import { readFileSync } from 'node:fs';

const [anyFailed, ...files] = process.argv.slice(2);
let [passed, failed, skipped] = [0, 0, 0];
for (const file of files) {
  try {
    const report = JSON.parse(readFileSync(file, 'utf8'));
    passed += report.numPassedTests;
    // A file that could not be loaded has no tests that could fail.
    const broken = report.testResults.filter(
      (suite) => suite.status === 'failed' && suite.assertionResults.every((t) => t.status !== 'failed'),
    );
    failed += report.numFailedTests + broken.length;
    skipped += report.numPendingTests + report.numTodoTests;
  } catch (problem) {
    console.error(`No report of a part of the tests: ${problem.message}`);
    failed += 1;
  }
}
if (anyFailed !== '0' && failed === 0) failed = 1;
if (passed === 0 && failed === 0) failed = 1;
console.log(`\n${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
process.exitCode = failed > 0 ? 1 : 0;
