// Prints `N passed, N failed, N skipped`, counted from the test runner's JSON report; fails when no test ran.
import { existsSync, readFileSync } from 'node:fs';

const path = process.argv[2] ?? 'build/test-report.json';
if (!existsSync(path)) {
  console.log('no test report was written');
  console.log('0 passed, 1 failed, 0 skipped');
  process.exit(1);
}
const report = JSON.parse(readFileSync(path, 'utf8'));
// Files that could not be loaded or prepared, and what went wrong outside all of them, fail without a test of their own.
const failedOtherwise = report.testResults.filter(
  (file) => file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed'),
).length;
const passed = report.numPassedTests;
const failed = report.numFailedTests + failedOtherwise || (report.success ? 0 : 1);
const skipped = report.numPendingTests + report.numTodoTests;
console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
process.exit(passed > 0 && failed === 0 ? 0 : 1);
