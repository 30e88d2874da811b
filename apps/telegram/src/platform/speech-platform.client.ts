import { Inject, Injectable } from '@nestjs/common';
import { setTimeout as sleep } from 'node:timers/promises';
import type { z } from 'zod';
import { AppError, cancelled, isAppError, isErrorCode } from '@parlance/errors';
import { outsideCall } from '@parlance/resilience';
import { injectTrace, SpanKind, withSpan } from '@parlance/telemetry';
import { TELEGRAM_CONFIG, type TelegramConfig } from '../telegram.config.js';
import { turnAnswerSchema, type Turn } from './turn.schema.js';

/** A turn may wait for its answer at the gateway for a minute. */
const TURN_MS = 90_000;
const SPEECH_MS = 30_000;
const POLL_MS = 500;
/** Speech of the longest text that the gateway speaks is far below. */
const MOST_SPEECH_BYTES = 20 * 1024 ** 2;

/** The gateway's public HTTP API, as a tenant uses it. */
@Injectable()
export class SpeechPlatformClient {
  /** A turn that may have begun is not begun again: only what was refused before it began is tried once more. */
  private readonly turns = outsideCall({
    name: 'The speech platform',
    timeoutMs: TURN_MS,
    attempts: 3,
    isRetryable: wasNotBegun,
  });
  private readonly reads = outsideCall({ name: 'The speech platform', timeoutMs: SPEECH_MS, attempts: 3 });

  constructor(@Inject(TELEGRAM_CONFIG) private readonly config: Pick<TelegramConfig, 'platform'>) {}

  /** Speaks a recording as a turn of a new session, and waits for its answer.
   *  @param audio  a file of any kind, as a voice message is: Ogg with Opus
   *  @param user  `BOT:user`, whose turn it is on the platform
   *  @returns the complete turn
   *  @throws AppError with the gateway's own code, upstream.unavailable, request.deadline_exceeded */
  async answer(audio: Buffer, user: string, signal: AbortSignal): Promise<Turn> {
    const end = Date.now() + this.config.platform.answerLimitMs;
    let turn = await withSpan('platform turn', { kind: SpanKind.CLIENT }, () =>
      this.begin(audio, user, signal),
    );
    while (turn.status === 'answering') {
      if (Date.now() > end)
        throw new AppError('request.deadline_exceeded', 'The answer took longer than its limit.');
      await sleep(POLL_MS, undefined, { signal }).catch((error: unknown) => {
        throw cancelled(error);
      });
      const { id } = turn;
      turn = await this.reads.execute(
        async (context) => readTurn(await this.ask(`/api/v1/turns/${id}`, {}, context.signal)),
        signal,
      );
    }
    // What was understood and measured is worth telling, also where nobody could reply.
    return turn;
  }

  /** Has the platform delete every turn of a user. @param user  `BOT:user` @throws AppError with the gateway's own code, upstream.unavailable */
  async forget(user: string, signal: AbortSignal): Promise<void> {
    const path = `/api/v1/voice/users/${encodeURIComponent(learnerOf(user))}`;
    await this.reads.execute(
      async (context) => void (await this.ask(path, { method: 'DELETE' }, context.signal)),
      signal,
    );
  }

  /** @returns Ogg with Opus, as Telegram plays voice messages
   *  @throws AppError with the gateway's own code, upstream.unavailable */
  async speak(input: string, signal: AbortSignal): Promise<Buffer> {
    const body = JSON.stringify({ model: 'tts-1', input, response_format: 'opus', language: 'en' });
    const headers = { 'content-type': 'application/json' };
    return withSpan('platform speech', { kind: SpanKind.CLIENT }, () =>
      this.reads.execute(async (context) => {
        const answer = await this.ask('/v1/audio/speech', { method: 'POST', headers, body }, context.signal);
        const audio = Buffer.from(await answer.arrayBuffer());
        if (audio.length === 0 || audio.length > MOST_SPEECH_BYTES)
          throw new AppError('upstream.unavailable', 'The speech platform answered without speech.');
        return audio;
      }, signal),
    );
  }

  private async begin(audio: Buffer, user: string, signal: AbortSignal): Promise<Turn> {
    const form = new FormData();
    form.set('speak', 'false');
    form.set('language', 'en');
    form.set('audio', new Blob([new Uint8Array(audio)], { type: 'audio/ogg' }), 'voice.ogg');
    // As bytes: their length is known, and another attempt sends the same.
    const encoded = new Response(form);
    const headers = {
      'content-type': encoded.headers.get('content-type') ?? '',
      'x-parlance-user': learnerOf(user),
    };
    const body = new Uint8Array(await encoded.arrayBuffer());
    return this.turns.execute(
      async (context) =>
        readTurn(await this.ask('/api/v1/turns', { method: 'POST', headers, body }, context.signal)),
      signal,
    );
  }

  private async ask(
    path: string,
    init: { method?: string; headers?: Record<string, string>; body?: string | Uint8Array<ArrayBuffer> },
    signal: AbortSignal,
  ): Promise<Response> {
    const { url, apiKey } = this.config.platform;
    const headers = injectTrace({ ...init.headers, authorization: `Bearer ${apiKey}` });
    const response = await fetch(`${url}${path}`, { ...init, headers, signal });
    if (!response.ok) throw await faultOf(response);
    return response;
  }
}

/** What the platform knows a user of a bot by. */
function learnerOf(user: string): string {
  return `telegram:${user}`;
}

async function readTurn(response: Response): Promise<Turn> {
  return parse(turnAnswerSchema, await response.json().catch(() => undefined));
}

function parse<Schema extends z.ZodType>(schema: Schema, body: unknown): z.output<Schema> {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  const fields = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ');
  throw new AppError('internal.unexpected', 'The speech platform answered in a form that is not known.', {
    cause: new Error(fields),
  });
}

/** The gateway's refusal as the AppError it was there, with its hint when to try again. */
async function faultOf(response: Response): Promise<AppError> {
  const body = (await response.json().catch(() => ({}))) as {
    error?: { code?: unknown; message?: unknown };
  } | null;
  const hint = Number(response.headers.get('retry-after') ?? NaN);
  const retryAfterSeconds = Number.isFinite(hint) && hint >= 0 ? hint : undefined;
  const { code, message } = body?.error ?? {};
  if (isErrorCode(code)) return new AppError(code, String(message), { retryAfterSeconds });
  return new AppError(
    'upstream.unavailable',
    `The speech platform answered with status ${response.status}.`,
    {
      retryAfterSeconds,
    },
  );
}

const BEFORE_WORK: ReadonlySet<string> = new Set([
  'inference.overloaded',
  'service.draining',
  'model.loading',
]);

function wasNotBegun(error: unknown): boolean {
  if (isAppError(error)) return BEFORE_WORK.has(error.code);
  const cause = (error as { cause?: { code?: unknown } } | undefined)?.cause;
  return cause?.code === 'ECONNREFUSED' || cause?.code === 'ENOTFOUND';
}
