import type { Writable } from 'node:stream';

/** Resolves when a pipe takes bytes again or has closed. */
export function writableAgain(pipe: Writable): Promise<void> {
  return new Promise((resolve) => {
    const settle = (): void => {
      pipe.off('drain', settle).off('close', settle);
      resolve();
    };
    pipe.on('drain', settle).on('close', settle);
  });
}
