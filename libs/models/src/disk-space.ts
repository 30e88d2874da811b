import { statfs } from 'node:fs/promises';
import { AppError } from '@parlance/errors';

/** @returns bytes that may still be written to the disk that holds a folder */
export async function freeBytes(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}

/** @throws AppError model.no_space with what is needed and what is free */
export function assertSpace(model: string, folder: string, needed: number, free: number): void {
  if (needed <= free) return;
  throw new AppError(
    'model.no_space',
    `'${model}' needs ${megabytes(needed)} in ${folder}, where ${megabytes(free)} are free. Free some space, or name another disk's folder last in PARLANCE_MODELS.`,
  );
}

/** A full disk as an error that ends the fetch; anything else as it is. */
export function asSpaceFault(error: unknown): unknown {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOSPC' || code === 'EDQUOT'
    ? new AppError(
        'model.no_space',
        'The disk filled up while a model was fetched; free some space and try again.',
        {
          cause: error,
        },
      )
    : error;
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
