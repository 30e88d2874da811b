import { join } from 'node:path';

const { JEST_WORKER_ID, PARLANCE_COVERAGE } = process.env;

/** Of a process of ours: where it leaves as it ends what V8 counted of its code, when `npm run coverage` sets it; in a suite without that,
 *  where Node keeps compiled code, which takes an eighth off a service's start. Benches measure services as they are without either. */
export const PROCESS_ENVIRONMENT: Readonly<Record<string, string>> = {
  ...(PARLANCE_COVERAGE ? { NODE_V8_COVERAGE: PARLANCE_COVERAGE } : {}),
  ...(JEST_WORKER_ID && !PARLANCE_COVERAGE
    ? { NODE_COMPILE_CACHE: join(process.cwd(), '.cache/compiled') }
    : {}),
};
