import { join } from 'node:path';

const { JEST_WORKER_ID, PARLANCE_COVERAGE } = process.env;
const counted = (globalThis as { countsProcesses?: boolean }).countsProcesses ? PARLANCE_COVERAGE : undefined;

/** Of a process of ours: where it leaves as it ends what V8 counted of its code, in the suites of which `make test` counts it; in others,
 *  where Node keeps compiled code, which takes an eighth off a service's start. Benches measure services as they are without either. */
export const PROCESS_ENVIRONMENT: Readonly<Record<string, string>> = {
  ...(counted ? { NODE_V8_COVERAGE: counted } : {}),
  ...(JEST_WORKER_ID && !counted ? { NODE_COMPILE_CACHE: join(process.cwd(), '.cache/compiled') } : {}),
};
