import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { ALLOCATOR, NODE_FLAGS } from '../../tools/dev/src/pod-memory.js';

/** These hold a model in their own process and measure its memory, which is to be managed as a pod's. Others start engines
 *  in processes of their own. */
const LIKE_PODS: readonly string[] = ['long'];

/** Runs one bench in a process of its own. @returns its exit status */
export function runBench(root: string, name: string): Promise<number | null> {
  const isPod = LIKE_PODS.includes(name);
  const script = join(root, `dist/test/bench/${name}.bench.js`);
  const child = spawn(join(root, 'node_modules/.bin/node'), [...(isPod ? NODE_FLAGS : []), script], {
    cwd: root,
    stdio: 'inherit',
    env: isPod ? { ...process.env, ...ALLOCATOR } : process.env,
  });
  return new Promise((resolve) => child.once('close', resolve));
}
