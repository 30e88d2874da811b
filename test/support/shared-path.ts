import { existsSync } from 'node:fs';
import { join } from 'node:path';

const folder = process.env.PARLANCE_SHARED ?? join(process.cwd(), '..', 'shared');

/** Path within the shared models and data, which lie beside the repository or at PARLANCE_SHARED. */
export function sharedPath(...parts: string[]): string {
  return join(folder, ...parts);
}

export function hasShared(): boolean {
  return existsSync(join(folder, 'models'));
}
