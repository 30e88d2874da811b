import { isAppError } from '#libs/errors';
import type { InferenceRuntime } from '../runtime/inference-runtime.service.js';
import type { LoopOptions } from './loop-options.js';

/** Asks one model's workers on behalf of one recording. A worker that dies is replaced, and its job asked for once more. */
export class WindowJobs {
  constructor(
    private readonly runtime: InferenceRuntime,
    private readonly options: Pick<LoopOptions, 'model' | 'priority' | 'signal' | 'deadline'>,
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
    try {
      return await attempt();
    } catch (error) {
      if (isAppError(error) && error.code === 'inference.interrupted') return attempt();
      throw error;
    }
  }
}
