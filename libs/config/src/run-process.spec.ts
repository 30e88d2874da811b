import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { z } from 'zod';
import { runProcess } from './run-process.js';

const EVENTS = ['SIGTERM', 'SIGINT', 'uncaughtException'] as const;
/** More than closing connections takes once the calls are cut, and less than a process is given for it. */
const CLOSING_MS = 3_000;

describe('a process that is asked to stop', () => {
  let exit: jest.SpiedFunction<typeof process.exit>;
  beforeEach(() => {
    jest.useFakeTimers();
    exit = jest.spyOn(process, 'exit').mockReturnValue(undefined as never);
    jest.spyOn(process.stderr, 'write').mockReturnValue(true);
  });
  afterEach(() => {
    for (const event of EVENTS) process.removeAllListeners(event);
    jest.restoreAllMocks();
    jest.useRealTimers();
  });

  /** Starts one whose close takes so long, and asks it to stop. */
  async function stopped(drainMs: number, closeMs: number): Promise<void> {
    const close = () => new Promise<void>((resolve) => setTimeout(resolve, closeMs));
    const running = { drainMs, close, report: () => undefined };
    await runProcess({ name: 'slow', schema: z.object({}), start: async () => running });
    process.emit('SIGTERM');
  }

  it.each([1_000, 30_000, 600_000])(
    'ends with 0 where calls outlast its limit of %i ms and are cut then',
    async (drainMs) => {
      await stopped(drainMs, drainMs + CLOSING_MS);
      await jest.advanceTimersByTimeAsync(drainMs + CLOSING_MS - 1);
      expect(exit).not.toHaveBeenCalled();
      await jest.advanceTimersByTimeAsync(1);
      expect(exit.mock.calls).toEqual([[0]]);
    },
  );

  it('is cut short with 1 where it does not end', async () => {
    await stopped(30_000, 86_400_000);
    await jest.advanceTimersByTimeAsync(60_000);
    expect(exit.mock.calls).toEqual([[1]]);
  });
});
