/** Prints `N passed, N failed, N skipped` over jest's result files. A suite that could not even load counts as one failure. */
import { existsSync, readFileSync } from 'node:fs';

const total = { passed: 0, failed: 0, skipped: 0 };
for (const project of ['unit', 'platform', 'alone']) {
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
