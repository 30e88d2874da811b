import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe } from '@jest/globals';

const folder = process.env.PARLANCE_SHARED ?? join(process.cwd(), '..', 'shared');

/** Path within the shared models and data, which lie beside the repository or at PARLANCE_SHARED. */
export function sharedPath(...parts: string[]): string {
  return join(folder, ...parts);
}

export function hasShared(): boolean {
  return existsSync(join(folder, 'models'));
}

/** A suite of statistics over the hundreds of recordings in the shared data; where they are absent it is skipped and says so. */
export function describeWithShared(name: string, body: () => void): void {
  if (hasShared()) describe(name, body);
  else describe.skip(`${name} (needs ../shared, which is absent)`, body);
}

/** The suite once for each case; `%s` in the name stands for it. */
describeWithShared.each =
  (cases: readonly string[]) =>
  (name: string, body: (of: string) => void): void =>
    cases.forEach((of) => describeWithShared(name.replace('%s', of), () => body(of)));
