import Groq from 'groq-sdk';
import { AppError, cancelled, isAppError } from '@parlance/errors';
import { outsideCall, PROVIDER_BREAKER, withDeadline, type BreakerOptions } from '@parlance/resilience';
import { LanguageModel, type ReplyPart, type ReplyPrompt, type TokenCount } from './language-model.js';
import { chatMessages, type ChatMessage } from './chat-messages.js';
import { ChatSpan } from './chat-span.js';
import { openaiFetch } from './openai-fetch.js';
import { isRefusedRequest, isRetryable, unusable, waitAsAsked } from './server-faults.js';

export interface GroqOptions {
  readonly apiKey: string;
  readonly model: string;
  /** Any OpenAI-compatible server instead of Groq's, up to and with `/v1`: vLLM, Ollama, llama.cpp. */
  readonly baseUrl?: string | undefined;
  /** Time to the first word, all attempts and the pauses between them together, milliseconds. */
  readonly firstWordMs?: number;
  /** Silence in mid-reply that ends it, milliseconds. */
  readonly silenceMs?: number;
  /** A whole reply takes no longer, milliseconds. */
  readonly totalMs?: number;
  readonly breaker?: BreakerOptions;
}

/** A question with one whole answer, as for a report or a summary. */
export interface ModelQuestion {
  readonly messages: readonly ChatMessage[];
  readonly maxTokens: number;
  /** JSON Schema of the answer; without one it is text. */
  readonly schema?: { readonly name: string; readonly schema: Record<string, unknown> };
}

export interface Answer {
  readonly text: string;
  readonly usage?: TokenCount;
}

interface Chunk {
  readonly model?: string;
  readonly choices: readonly {
    readonly delta?: { readonly content?: string | null };
    readonly finish_reason?: string | null;
  }[];
  readonly usage?: ServerUsage | null;
  /** Where Groq itself counts. */
  readonly x_groq?: { readonly usage?: ServerUsage | null } | null;
}
interface ServerUsage {
  readonly prompt_tokens?: number;
  readonly completion_tokens?: number;
}

interface ChatRequest {
  readonly messages: ChatMessage[];
  readonly temperature: number;
  readonly maxTokens: number;
  readonly response_format?: { readonly type: 'json_object' } | JsonSchemaFormat;
}
interface JsonSchemaFormat {
  readonly type: 'json_schema';
  readonly json_schema: { name: string; schema: Record<string, unknown>; strict: boolean };
}

const REPLY_TOKENS = 300;
const ATTEMPTS = 3;
/** Longer than any answer we ask for: a model that goes on is stopped. */
const LONGEST_ANSWER = 20_000;
/** How an answer of a given form is asked for, from the surest; what a server refuses is not asked of it again. */
const FORMATS = ['json_schema', 'json_object', 'none'] as const;

/** Chat completions over Groq's API or one like it, streamed. */
export class GroqLanguageModel extends LanguageModel {
  override readonly name: string;
  /** As the server calls it. */
  readonly model: string;
  private readonly client: Groq;
  private readonly call;
  private readonly silenceMs: number;
  private readonly totalMs: number;
  /** What the server calls the most tokens of an answer: few know OpenAI's newer name, which Groq wants. */
  private readonly limitName: 'max_tokens' | 'max_completion_tokens';
  private format = 0;

  constructor(options: GroqOptions) {
    super();
    const { apiKey, baseUrl, model, firstWordMs = 5_000, silenceMs = 8_000, totalMs = 30_000 } = options;
    this.model = model;
    this.name = baseUrl ? `openai-compatible:${model}` : `groq:${model}`;
    this.limitName = baseUrl ? 'max_tokens' : 'max_completion_tokens';
    this.silenceMs = silenceMs;
    this.totalMs = totalMs;
    this.client = new Groq({
      apiKey,
      // Retries and deadlines are this class' own.
      maxRetries: 0,
      // It would log what people say.
      logLevel: 'off',
      ...(baseUrl ? { baseURL: new URL(baseUrl).origin, fetch: openaiFetch(baseUrl) } : {}),
    });
    this.call = outsideCall({
      name: 'The language model',
      timeoutMs: firstWordMs,
      totalMs: firstWordMs,
      attempts: ATTEMPTS,
      isRetryable,
      breaker: options.breaker ?? PROVIDER_BREAKER,
    });
  }

  override async *write(prompt: ReplyPrompt, signal: AbortSignal): AsyncGenerator<ReplyPart> {
    const messages = chatMessages(prompt);
    yield* this.stream({ messages, temperature: 0.6, maxTokens: REPLY_TOKENS }, signal);
  }

  /** @returns the whole answer; of its form the caller makes sure, for not every server can
   *  @throws AppError upstream.unavailable, request.deadline_exceeded, request.cancelled */
  async answer(question: ModelQuestion, signal: AbortSignal): Promise<Answer> {
    for (;;) {
      const format = this.format;
      try {
        return await this.collect(this.requestFor(question), signal);
      } catch (error) {
        if (!question.schema || format === FORMATS.length - 1 || !isRefusedRequest(error)) throw error;
        this.format = Math.max(this.format, format + 1);
      }
    }
  }

  private requestFor({ messages, maxTokens, schema }: ModelQuestion): ChatRequest {
    const format = FORMATS[this.format];
    return {
      messages: [...messages],
      temperature: 0,
      maxTokens,
      ...(schema && format === 'json_object' ? { response_format: { type: 'json_object' } } : {}),
      ...(schema && format === 'json_schema'
        ? { response_format: { type: 'json_schema', json_schema: { ...schema, strict: true } } }
        : {}),
    };
  }

  private async collect(request: ChatRequest, signal: AbortSignal): Promise<Answer> {
    let text = '';
    let usage: TokenCount | undefined;
    for await (const part of this.stream(request, signal)) {
      if ('usage' in part) ({ usage } = part);
      else text += part.text;
      if (text.length > LONGEST_ANSWER) throw unusable('endless');
    }
    return { text, ...(usage ? { usage } : {}) };
  }

  private async *stream(request: ChatRequest, signal: AbortSignal): AsyncGenerator<ReplyPart> {
    const end = Date.now() + this.totalMs;
    const stop = new AbortController();
    const leave = (): void => stop.abort();
    signal.addEventListener('abort', leave, { once: true });
    const chat = this.spanOf(request);
    try {
      const opened = await this.call.execute((attempt) => this.open(request, attempt.signal, stop), signal);
      yield* partsOf(opened.first, chat);
      for (;;) {
        const limitMs = Math.max(0, Math.min(this.silenceMs, end - Date.now()));
        const next = await withDeadline(limitMs, opened.rest.next(), late);
        // The client library ends the stream of an aborted request as if it were whole.
        if (next.done && signal.aborted) throw cancelled();
        if (next.done) return;
        yield* partsOf(next.value, chat);
      }
    } catch (cause) {
      const fault = isAppError(cause)
        ? cause
        : new AppError('upstream.unavailable', 'The language model broke off its reply.', { cause });
      chat.fail(fault);
      throw fault;
    } finally {
      chat.end();
      signal.removeEventListener('abort', leave);
      stop.abort();
    }
  }

  private spanOf({ temperature, maxTokens }: ChatRequest): ChatSpan {
    const provider = this.limitName === 'max_tokens' ? 'openai' : 'groq';
    return new ChatSpan({ provider, model: this.model, temperature, maxTokens });
  }

  /** Opens the stream and waits for its first text: a server that accepts and then says nothing counts as down. */
  private async open({ maxTokens, ...request }: ChatRequest, attempt: AbortSignal, stop: AbortController) {
    const connection = new AbortController();
    const abort = (): void => connection.abort();
    // The attempt's deadline ends with its first chunk; the stop signal holds for the whole reply.
    attempt.addEventListener('abort', abort, { once: true });
    stop.signal.addEventListener('abort', abort, { once: true });
    try {
      const stream: AsyncIterable<Chunk> = await this.client.chat.completions.create(
        {
          model: this.model,
          ...request,
          [this.limitName]: maxTokens,
          stream: true as const,
          ...USAGE_AT_THE_END,
        },
        { signal: connection.signal },
      );
      const rest = stream[Symbol.asyncIterator]();
      for (;;) {
        const { done, value } = await rest.next();
        if (done) throw unusable('empty');
        if (textOf(value) !== '') return { first: value, rest };
      }
    } catch (error) {
      connection.abort();
      await waitAsAsked(error);
      throw error;
    } finally {
      attempt.removeEventListener('abort', abort);
    }
  }
}

/** The configured language models, in the order in which they are asked; none: the built-in coach does it all. */
export class LanguageModels {
  constructor(readonly configured: readonly GroqLanguageModel[]) {}
}

/** Of OpenAI's API, and of the servers like it; groq-sdk has no type for it. */
const USAGE_AT_THE_END = { stream_options: { include_usage: true } };

function* partsOf(chunk: Chunk, chat: ChatSpan): Generator<ReplyPart> {
  const text = textOf(chunk);
  chat.push(chunk);
  if (text !== '') yield { text };
  const counted = chunk.usage ?? chunk.x_groq?.usage;
  if (!counted) return;
  const usage = { inputTokens: counted.prompt_tokens ?? 0, outputTokens: counted.completion_tokens ?? 0 };
  chat.count(usage);
  yield { usage };
}

function textOf(chunk: Chunk): string {
  const text: unknown = chunk.choices[0]?.delta?.content ?? '';
  if (typeof text !== 'string') throw unusable('noise');
  return text;
}

function late(): never {
  throw new AppError('request.deadline_exceeded', 'The language model did not go on with its reply.');
}
