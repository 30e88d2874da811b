import type { AppError } from '@parlance/errors';

/** Reads an iterable while a test goes on. `ended`: 'ended', or the code of the fault that ended it. */
export function follow<T>(items: AsyncIterable<T>): {
  readonly events: readonly T[];
  readonly ended: Promise<string>;
} {
  const events: T[] = [];
  const read = async (): Promise<string> => {
    for await (const item of items) events.push(item);
    return 'ended';
  };
  return { events, ended: read().catch((error: AppError) => error.code) };
}

/** What an iterable gives, to its end. */
export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}
