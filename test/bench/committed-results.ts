import { join } from 'node:path';
import { readRows } from './bench-results.js';
import type { RatioRow } from './ratios.js';

/** The results the gate compares with; put there by hand (or `bench:check --accept`) when a change is meant. */
export const COMMITTED = 'test/bench/committed.json';

export function committedRows(root: string): Promise<RatioRow[]> {
  return readRows(join(root, COMMITTED));
}
