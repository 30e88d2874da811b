import { setTimeout as delay } from 'node:timers/promises';
import { isAppError } from '@parlance/errors';
import type { InferenceRuntime } from '@parlance/onnx';
import type { LoopOptions } from './loop-options.js';

/** A full queue empties by a window every few hundred milliseconds; recordings wait a minute for it at most. */
const WAIT_MS = 250;
const MOST_WAITS = 240;

/** Asks one model's workers on behalf of one recording. A worker that dies is replaced, and its job asked for once more. */
export class WindowJobs {
  constructor(
    private readonly runtime: InferenceRuntime,
    private readonly options: Pick<
      LoopOptions,
      'model' | 'priority' | 'signal' | 'deadline' | 'waitsForRoom'
    >,
  ) {}

  /** Tokens of a text that stands in a sentence; none for an empty one. */
  async tokenize(text: string | undefined): Promise<readonly number[]> {
    const trimmed = text?.trim();
    return trimmed ? this.ask<number[]>('tokenize', () => ({ text: ` ${trimmed}` })) : [];
  }

  /** @param makePayload called for each attempt: samples are handed over, not copied */
  async ask<T>(
    operation: string,
    makePayload: () => { samples?: { buffer: ArrayBufferLike }; text?: string },
  ): Promise<T> {
    const { model, priority, signal, deadline } = this.options;
    const attempt = (): Promise<T> => {
      const payload = makePayload();
      const transfer = payload.samples ? [payload.samples.buffer as ArrayBuffer] : [];
      return this.runtime.run<T>(model, operation, payload, { priority, signal, deadline, transfer });
    };
    for (let [lost, refused] = [0, 0]; ;) {
      try {
        return await attempt();
      } catch (error) {
        const code = isAppError(error) ? error.code : '';
        if (code === 'inference.interrupted' && lost++ === 0) continue;
        if (code !== 'inference.overloaded' || !this.options.waitsForRoom || refused++ === MOST_WAITS)
          throw error;
        await delay(WAIT_MS);
      }
    }
  }
}
