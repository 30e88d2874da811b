import { expect } from '@jest/globals';

const { PARLANCE_COVERAGE } = process.env;
/** Suites whose processes are counted: few that reach much. Each process writes some megabytes as it ends. */
const COUNTED_SUITES = /\/e2e\/(openapi|cross-tenant|cli|telegram)\.spec\.ts$/;

/** Of a process of ours: where it leaves what V8 counted of its code as it ends. `make test` names the folder. */
export const COUNTED_COVERAGE: Readonly<Record<string, string>> =
  PARLANCE_COVERAGE && COUNTED_SUITES.test(expect.getState().testPath ?? '')
    ? { NODE_V8_COVERAGE: PARLANCE_COVERAGE }
    : {};
