import { AppError } from '@parlance/errors';

const MEBIBYTE = 1024 ** 2;

export interface ModelMemoryOptions {
  /** What all loaded models together may take, bytes. */
  readonly limitBytes: number;
  /** A model stays at least so long before it makes room for another: coming and going costs time and leaks a little. */
  readonly minResidentMs: number;
}

/** A model in memory, as far as making room is concerned. */
export interface Resident {
  readonly name: string;
  readonly bytes: number;
  /** In use, being loaded, or to be kept for ever. */
  readonly isFixed: boolean;
  /** Milliseconds, on the clock of `now`. */
  readonly since: number;
  readonly lastUsed: number;
}

/**
 * Returns the idle models to unload so that another fits, least recently used first.
 * @param bytes  of the model to load
 * @throws AppError model.too_large where it could never fit, inference.overloaded where it cannot now
 */
export function planRoom(
  bytes: number,
  residents: readonly Resident[],
  { limitBytes, minResidentMs }: ModelMemoryOptions,
  now: number,
): string[] {
  const sum = (models: readonly Resident[]): number =>
    models.reduce((total, model) => total + model.bytes, 0);
  if (bytes > limitBytes)
    throw new AppError(
      'model.too_large',
      `The model takes about ${mebibytes(bytes)} MiB; models may take ${mebibytes(limitBytes)} MiB here.`,
    );
  const idle = residents.filter((model) => !model.isFixed).sort((a, b) => a.lastUsed - b.lastUsed);
  const removable = idle.filter((model) => now - model.since >= minResidentMs);
  const leaving: Resident[] = [];
  const missing = (): number => sum(residents) - sum(leaving) + bytes - limitBytes;
  for (const model of removable) {
    if (missing() <= 0) break;
    leaving.push(model);
  }
  if (missing() <= 0) return leaving.map((model) => model.name);
  const waitMs = Math.min(...idle.map((model) => model.since + minResidentMs - now).filter((ms) => ms > 0));
  throw new AppError(
    'inference.overloaded',
    'The models in use leave no memory for another; try again later.',
    {
      retryAfterSeconds: Number.isFinite(waitMs) ? Math.ceil(waitMs / 1000) : 30,
    },
  );
}

function mebibytes(bytes: number): number {
  return Math.ceil(bytes / MEBIBYTE);
}
