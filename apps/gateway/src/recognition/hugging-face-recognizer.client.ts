import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { AppError, cancelled, isAppError } from '@parlance/errors';
import type { BreakerOptions } from '@parlance/resilience';
import { answerOf, limitedText, post, providerCall, refusalOf } from './provider-answer.js';
import {
  isForAnyRecognizer,
  Recognizer,
  wholeWav,
  type RecordingOptions,
  type RecordingRequest,
} from './recognizer.js';
import type { Transcript } from './transcript.js';

export interface HuggingFaceRecognizerOptions {
  /** What `/models/OWNER/NAME` stands behind. */
  readonly baseUrl: string;
  readonly token: string | undefined;
  readonly model: string;
  /** Longest time for one recording, waits for the model included, milliseconds. */
  readonly limitMs: number;
  readonly breaker: BreakerOptions;
}

const answerSchema = z.object({ text: z.string() });
/** `503 {"error":"Model … is currently loading","estimated_time":20.0}` */
const loadingSchema = z.object({
  error: z.string().regex(/loading/i),
  estimated_time: z.number().nonnegative(),
});

const PROVIDER = "Hugging Face's inference API";

/** Recognises by Hugging Face's inference API: the recording's bytes in, its text out. The API takes no language: the
 *  model detects it, and does not tell which it was. */
export class HuggingFaceRecognizer extends Recognizer {
  override readonly name = 'hugging-face';
  private readonly call;

  constructor(private readonly options: HuggingFaceRecognizerOptions) {
    super();
    this.call = providerCall(PROVIDER, options.limitMs, options.breaker);
  }

  /** It has no options at all. */
  override canHonour(options: RecordingOptions): boolean {
    return isForAnyRecognizer(options) && !options.prompt && !options.temperature;
  }

  /** @throws AppError quota.exceeded, model.loading, upstream.unavailable, request.deadline_exceeded, request.invalid */
  override async transcribe({ pcm, options, signal }: RecordingRequest): Promise<Transcript> {
    const { wav, audioMs } = await wholeWav(pcm);
    const until = Date.now() + this.options.limitMs;
    const limit = AbortSignal.any([signal, AbortSignal.timeout(this.options.limitMs)]);
    const { text } = await this.askOnceLoaded(wav, until, limit);
    return {
      ...{ text: text.trim(), language: options.language ?? '', audioMs, model: this.options.model },
      ...{ segments: [], words: [], measures: undefined, scores: undefined },
    };
  }

  /** A model that is being loaded is waited for as long as it says, if that is within the limit, and asked once more. */
  private async askOnceLoaded(
    wav: Buffer<ArrayBuffer>,
    until: number,
    limit: AbortSignal,
  ): Promise<z.infer<typeof answerSchema>> {
    const ask = () => this.call.execute(({ signal }) => this.ask(wav, signal), limit);
    try {
      return await ask();
    } catch (error) {
      if (!isAppError(error) || error.code !== 'model.loading') throw error;
      const waitMs = (error.retryAfterSeconds ?? 0) * 1_000;
      if (Date.now() + waitMs >= until) throw error;
      await sleep(waitMs, undefined, { signal: limit }).catch(() => {
        throw cancelled(limit.reason);
      });
      return ask();
    }
  }

  private async ask(wav: Buffer<ArrayBuffer>, signal: AbortSignal): Promise<z.infer<typeof answerSchema>> {
    const { baseUrl, token: key, model } = this.options;
    const request = { baseUrl, path: `/models/${model}`, key, contentType: 'audio/wav', body: wav, signal };
    const response = await post(request);
    if (response.ok) return answerOf(PROVIDER, response, answerSchema);
    throw (await loadingFault(response)) ?? refusalOf(PROVIDER, response);
  }
}

/** @returns undefined for every other refusal */
async function loadingFault(response: Response): Promise<AppError | undefined> {
  try {
    const text = await limitedText(response);
    if (response.status !== 503) return undefined;
    const { estimated_time } = loadingSchema.parse(JSON.parse(text));
    return new AppError('model.loading', `${PROVIDER} is loading its model.`, {
      retryAfterSeconds: estimated_time,
    });
  } catch {
    return undefined;
  }
}
