import { Inject, Injectable } from '@nestjs/common';
import Groq, { APIError } from 'groq-sdk';
import type { ChatCompletionMessageParam } from 'groq-sdk/resources/chat/completions';
import { AppError } from '@parlance/errors';
import { outsideCall, withDeadline } from '@parlance/resilience';
import { LanguageModel, systemPrompt, type ReplyPrompt } from './language-model.js';

/** Injection token of the options. */
export const GROQ_OPTIONS = Symbol('GROQ_OPTIONS');

export interface GroqOptions {
  readonly apiKey: string;
  readonly model: string;
  /** Any OpenAI-compatible server instead of Groq's, up to and with `/v1`: vLLM, Ollama, llama.cpp. */
  readonly baseUrl?: string;
  /** Time to the first word of one attempt, milliseconds. */
  readonly firstWordMs?: number;
  /** Silence in mid-reply that ends it, milliseconds. */
  readonly silenceMs?: number;
  readonly breaker?: { readonly failures: number; readonly halfOpenAfterMs: number };
}

/** A longer wait than this is not worth a learner's silence; another model answers then. */
const LONGEST_RETRY_AFTER_S = 2;
const REPLY_TOKENS = 300;
const ATTEMPTS = 3;

type Chunks = AsyncIterable<{ choices: { delta?: { content?: string | null } }[] }>;

/** Chat completions over Groq's API, streamed. */
@Injectable()
export class GroqLanguageModel extends LanguageModel {
  override readonly name: string;
  private readonly client: Groq;
  private readonly call;
  private readonly silenceMs: number;

  constructor(@Inject(GROQ_OPTIONS) private readonly options: GroqOptions) {
    super();
    const { apiKey, baseUrl, model, firstWordMs = 8_000, silenceMs = 8_000, breaker } = options;
    this.name = baseUrl ? `openai-compatible:${model}` : `groq:${model}`;
    this.silenceMs = silenceMs;
    this.client = new Groq({
      apiKey,
      // Retries and deadlines are this class' own.
      maxRetries: 0,
      ...(baseUrl ? { baseURL: new URL(baseUrl).origin, fetch: withPath(baseUrl) } : {}),
    });
    this.call = outsideCall({
      name: 'The language model',
      timeoutMs: firstWordMs,
      attempts: ATTEMPTS,
      isRetryable,
      ...(breaker ? { breaker } : {}),
    });
  }

  override async *write(prompt: ReplyPrompt, signal: AbortSignal): AsyncGenerator<string> {
    const stop = new AbortController();
    const end = (): void => stop.abort();
    signal.addEventListener('abort', end, { once: true });
    try {
      const { first, rest } = await this.call.execute(
        (attempt) => this.open(prompt, attempt.signal, stop),
        signal,
      );
      yield textOf(first);
      for (;;) {
        const next = await withDeadline(this.silenceMs, rest.next(), () => {
          throw new Error('the stream fell silent');
        });
        if (next.done) return;
        yield textOf(next.value);
      }
    } catch (cause) {
      if (cause instanceof AppError) throw cause;
      throw new AppError('upstream.unavailable', 'The language model broke off its reply.', { cause });
    } finally {
      signal.removeEventListener('abort', end);
      stop.abort();
    }
  }

  /** Opens the stream and waits for its first chunk: a server that accepts and then says nothing counts as down. */
  private async open(prompt: ReplyPrompt, attempt: AbortSignal, stop: AbortController) {
    const request = new AbortController();
    const abort = (): void => request.abort();
    // The attempt's deadline ends with its first chunk; the stop signal holds for the whole reply.
    attempt.addEventListener('abort', abort, { once: true });
    stop.signal.addEventListener('abort', abort, { once: true });
    try {
      const stream: Chunks = await this.client.chat.completions.create(
        {
          model: this.options.model,
          messages: messagesOf(prompt),
          stream: true,
          temperature: 0.6,
          max_completion_tokens: REPLY_TOKENS,
        },
        { signal: request.signal },
      );
      const rest = stream[Symbol.asyncIterator]();
      const first = await rest.next();
      if (first.done) throw new AppError('upstream.unavailable', 'The language model gave an empty reply.');
      return { first: first.value, rest };
    } catch (error) {
      await waitAsAsked(error);
      throw error;
    } finally {
      attempt.removeEventListener('abort', abort);
    }
  }
}

function messagesOf(prompt: ReplyPrompt): ChatCompletionMessageParam[] {
  const past = prompt.history.flatMap(({ said, answered }): ChatCompletionMessageParam[] => [
    { role: 'user', content: said },
    { role: 'assistant', content: answered },
  ]);
  const written: ChatCompletionMessageParam[] =
    prompt.written.length === 0 ? [] : [{ role: 'assistant', content: prompt.written.join(' ') }];
  return [
    { role: 'system', content: systemPrompt(prompt) },
    ...past,
    { role: 'user', content: prompt.turn.text },
    ...written,
  ];
}

function textOf(chunk: { choices: { delta?: { content?: string | null } }[] }): string {
  return chunk.choices[0]?.delta?.content ?? '';
}

/** groq-sdk asks for `/openai/v1/…`; other servers have it under `/v1/…`. */
function withPath(baseUrl: string): typeof fetch {
  const base = baseUrl.replace(/\/+$/, '');
  return (input, init) => {
    const asked = new URL(input instanceof Request ? input.url : input);
    return fetch(`${base}${asked.pathname.replace(/^\/openai\/v1/, '')}${asked.search}`, init);
  };
}

function retryAfterSeconds(error: unknown): number {
  if (!(error instanceof APIError)) return 0;
  const headers: unknown = error.headers;
  const value = headers instanceof Headers ? headers.get('retry-after') : undefined;
  return Number(value ?? 0) || 0;
}

function isRetryable(error: unknown): boolean {
  if (error instanceof AppError) return error.retryable;
  if (retryAfterSeconds(error) > LONGEST_RETRY_AFTER_S) return false;
  const status: unknown = error instanceof APIError ? error.status : undefined;
  return typeof status !== 'number' || status === 408 || status === 409 || status === 429 || status >= 500;
}

async function waitAsAsked(error: unknown): Promise<void> {
  const seconds = retryAfterSeconds(error);
  if (seconds > 0 && seconds <= LONGEST_RETRY_AFTER_S)
    await new Promise((resolve) => setTimeout(resolve, seconds * 1_000));
}
