import { z } from 'zod';
import { languageCode, type Segment__Output, type Word__Output } from '@parlance/contracts';
import type { BreakerOptions } from '@parlance/resilience';
import { answerOf, post, providerCall, refusalOf } from './provider-answer.js';
import {
  isForAnyRecognizer,
  Recognizer,
  wholeWav,
  type RecordingOptions,
  type RecordingRequest,
} from './recognizer.js';
import type { Transcript } from './transcript.js';

export interface OpenAiRecognizerOptions {
  /** Up to and with `/v1`. */
  readonly baseUrl: string;
  readonly apiKey: string | undefined;
  readonly model: string;
  /** Longest time for one recording, milliseconds. */
  readonly limitMs: number;
  readonly breaker: BreakerOptions;
}

const seconds = z.number().nonnegative();
/** `verbose_json`; servers leave out what they do not know. */
const answerSchema = z.object({
  text: z.string(),
  language: z.string().nullish(),
  words: z.array(z.object({ word: z.string(), start: seconds, end: seconds })).nullish(),
  segments: z
    .array(
      z.object({
        start: seconds,
        end: seconds,
        text: z.string(),
        avg_logprob: z.number().nullish(),
        no_speech_prob: z.number().nullish(),
        compression_ratio: z.number().nullish(),
        temperature: z.number().nullish(),
      }),
    )
    .nullish(),
});
type Answer = z.infer<typeof answerSchema>;

const PROVIDER = 'The remote recogniser';

/** Recognises by OpenAI's `POST /v1/audio/transcriptions`, which vLLM, Groq, speaches and others have too. */
export class OpenAiRecognizer extends Recognizer {
  override readonly name = 'remote';
  private readonly call;

  constructor(private readonly options: OpenAiRecognizerOptions) {
    super();
    this.call = providerCall(PROVIDER, options.limitMs, options.breaker);
  }

  override canHonour(options: RecordingOptions): boolean {
    return isForAnyRecognizer(options);
  }

  /** @throws AppError quota.exceeded, upstream.unavailable, request.deadline_exceeded, request.invalid */
  override async transcribe({ pcm, options, signal }: RecordingRequest): Promise<Transcript> {
    const { wav, audioMs } = await wholeWav(pcm);
    const limit = AbortSignal.any([signal, AbortSignal.timeout(this.options.limitMs)]);
    const answer = await this.call.execute((attempt) => this.ask(wav, options, attempt.signal), limit);
    return transcriptOf(answer, { audioMs, model: this.options.model, language: options.language ?? '' });
  }

  private async ask(
    wav: Buffer<ArrayBuffer>,
    options: RecordingOptions,
    signal: AbortSignal,
  ): Promise<Answer> {
    const { baseUrl, apiKey: key } = this.options;
    const body = this.form(wav, options);
    const response = await post({ baseUrl, path: '/audio/transcriptions', key, body, signal });
    if (response.ok) return answerOf(PROVIDER, response, answerSchema);
    await response.body?.cancel();
    throw refusalOf(PROVIDER, response);
  }

  private form(wav: Buffer<ArrayBuffer>, { language, prompt, temperature }: RecordingOptions): FormData {
    const form = new FormData();
    form.set('file', new Blob([wav], { type: 'audio/wav' }), 'recording.wav');
    form.set('model', this.options.model);
    form.set('response_format', 'verbose_json');
    form.append('timestamp_granularities[]', 'word');
    form.append('timestamp_granularities[]', 'segment');
    if (language) form.set('language', language);
    if (prompt) form.set('prompt', prompt);
    if (temperature) form.set('temperature', String(temperature));
    return form;
  }
}

/** Words carry the confidence of their segment, `exp(avg_logprob)`, since the API tells none of words; where no segment
 *  tells it either, there are no words. */
function transcriptOf(
  answer: Answer,
  asked: { readonly audioMs: number; readonly model: string; readonly language: string },
): Transcript {
  const segments = answer.segments ?? [];
  const words = (answer.words ?? []).flatMap(({ word, start, end }): Word__Output[] => {
    const segment = segments.find((one) => start >= one.start - 0.01 && start <= one.end + 0.01);
    if (segment?.avg_logprob == null) return [];
    const confidence = Math.min(1, Math.exp(segment.avg_logprob));
    return [{ text: word.trim(), startMs: ms(start), endMs: ms(Math.max(start, end)), confidence }];
  });
  return {
    text: answer.text.trim(),
    language: languageOf(answer.language) || asked.language,
    audioMs: asked.audioMs,
    model: asked.model,
    segments: segments.map((segment, index): Segment__Output => ({
      ...{ index, text: segment.text, startMs: ms(segment.start), endMs: ms(segment.end) },
      words: words.filter(({ startMs }) => startMs >= ms(segment.start) && startMs < ms(segment.end)),
      averageLogProbability: segment.avg_logprob ?? 0,
      noSpeechProbability: segment.no_speech_prob ?? 0,
      compressionRatio: segment.compression_ratio ?? 0,
      ...{ temperature: segment.temperature ?? 0, tokens: [], tokenProbabilities: [], seekMs: 0 },
    })),
    words,
    measures: undefined,
    scores: undefined,
  };
}

/** OpenAI names a language in English, others by its code. */
function languageOf(named: string | null | undefined): string {
  return named ? languageCode(named) : '';
}

function ms(time: number): number {
  return Math.round(time * 1_000);
}
