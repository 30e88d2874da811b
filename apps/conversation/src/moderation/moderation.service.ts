import { Inject, Injectable } from '@nestjs/common';
import { z } from 'zod';
import { AppError } from '@parlance/errors';
import { outsideCall, PROVIDER_BREAKER, type BreakerOptions } from '@parlance/resilience';
import { counter, LOGGER, type Logger } from '@parlance/telemetry';

/** Injection token of the options; undefined where nothing is moderated. */
export const MODERATION_OPTIONS = Symbol('MODERATION_OPTIONS');

export interface ModerationOptions {
  /** The whole address of an endpoint that speaks OpenAI's moderations, as https://api.openai.com/v1/moderations. */
  readonly url: string;
  readonly apiKey?: string | undefined;
  readonly model?: string | undefined;
  /** Deadline of all attempts, milliseconds. */
  readonly timeoutMs: number;
  /** What becomes of a turn that could not be checked. */
  readonly onFailure: 'answer' | 'refuse';
  readonly breaker?: BreakerOptions;
}

/** How a reply is signed that no language model was asked for. */
export const MODERATION = 'moderation';
/** What the sentences below are written in. */
export const MODERATION_LANGUAGE = 'en';

const FLAGGED = 'I would rather not talk about that, so let us choose another topic.';
const UNCHECKED = 'I cannot answer that just now, so please try again in a moment.';
const LONGEST_ANSWER = 100_000;

/** What is read of the answer; everything else in it is ignored. */
const answerSchema = z.object({ results: z.array(z.object({ flagged: z.boolean() })).min(1) });

const verdicts = () => counter('parlance_moderation_total');

/** Asks a moderation service about what a person said, before a language model gets it. */
@Injectable()
export class ModerationService {
  private readonly call;

  constructor(
    @Inject(MODERATION_OPTIONS) private readonly options: ModerationOptions | undefined,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    const timeoutMs = options?.timeoutMs ?? 0;
    this.call = outsideCall({
      name: 'Moderation',
      timeoutMs,
      totalMs: timeoutMs,
      attempts: 2,
      breaker: options?.breaker ?? PROVIDER_BREAKER,
    });
  }

  /** @returns the sentence that answers a text which no model is to be given; undefined where one may be
   *  @throws AppError request.cancelled */
  async refusalOf(text: string, signal: AbortSignal): Promise<string | undefined> {
    const { options } = this;
    if (!options || text.trim() === '') return undefined;
    try {
      const flagged = await this.call.execute((attempt) => this.ask(options, text, attempt.signal), signal);
      verdicts().inc({ verdict: flagged ? 'flagged' : 'passed' });
      return flagged ? FLAGGED : undefined;
    } catch (error) {
      if (signal.aborted) throw error;
      verdicts().inc({ verdict: 'unknown' });
      this.logger.warn({ err: error, then: options.onFailure }, 'moderation did not answer');
      return options.onFailure === 'refuse' ? UNCHECKED : undefined;
    }
  }

  private async ask(options: ModerationOptions, input: string, signal: AbortSignal): Promise<boolean> {
    const { url, apiKey, model } = options;
    const response = await fetch(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(apiKey ? { authorization: `Bearer ${apiKey}` } : {}),
      },
      body: JSON.stringify({ input, ...(model ? { model } : {}) }),
      signal,
      redirect: 'error',
    });
    if (!response.ok)
      throw new AppError('upstream.unavailable', `Moderation answered with status ${response.status}.`);
    const { results } = answerSchema.parse(JSON.parse(await textOf(response)));
    return results.some(({ flagged }) => flagged);
  }
}

/** The body of an answer, which a server in trouble may never end. */
async function textOf({ body }: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of body ?? []) {
    text += decoder.decode(chunk, { stream: true });
    if (text.length > LONGEST_ANSWER)
      throw new AppError('upstream.unavailable', 'Moderation answered with too much.');
  }
  return text + decoder.decode();
}
