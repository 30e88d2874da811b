import { benchContext } from './bench-context.js';
import { runBench } from './run-bench.js';

/** `npm run bench:NAME`. */
const [name = ''] = process.argv.slice(2);
process.exitCode = (await runBench(benchContext().root, name)) ?? 1;
