import { join } from 'node:path';

const { JEST_WORKER_ID, PARLANCE_COVERAGE } = process.env;
/** A service's start takes a sixth less. Benches measure services as they are without. */
const compiled = JEST_WORKER_ID ? { NODE_COMPILE_CACHE: join(process.cwd(), '.cache/compiled') } : {};

/** Of a process of ours: where Node keeps compiled code; or, when `npm run coverage` sets it, where the process leaves as it ends what V8
 *  counted of its code. */
export const PROCESS_ENVIRONMENT: Readonly<Record<string, string>> = PARLANCE_COVERAGE
  ? { NODE_V8_COVERAGE: PARLANCE_COVERAGE }
  : compiled;
