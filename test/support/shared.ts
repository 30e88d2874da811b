import { describe } from '@jest/globals';
import { hasShared } from './shared-path.js';

export { hasShared, sharedPath } from './shared-path.js';

/** A suite that needs the shared models or data; where they are absent it is skipped and says so. */
export function describeWithShared(name: string, body: () => void): void {
  if (hasShared()) describe(name, body);
  else describe.skip(`${name} (needs ../shared, which is absent)`, body);
}
