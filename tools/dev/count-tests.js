/** `count-tests.js PROJECT...` prints `N passed, N failed, N skipped` over the result files of jest's projects. A suite that could not
 *  even load counts as one failure. */
import { existsSync, readFileSync } from 'node:fs';

const total = { passed: 0, failed: 0, skipped: 0 };
for (const project of process.argv.slice(2)) {
  const file = new URL(`../../.cache/jest-${project}.json`, import.meta.url);
  if (!existsSync(file)) {
    console.log(`The ${project} tests did not run to their end.`);
    total.failed += 1;
    continue;
  }
  const result = JSON.parse(readFileSync(file, 'utf8'));
  total.passed += result.numPassedTests;
  total.failed += result.numFailedTests + result.numRuntimeErrorTestSuites;
  total.skipped += result.numPendingTests + result.numTodoTests;
}
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
