import { Inject, Injectable } from '@nestjs/common';
import { Api, type Transformer } from 'grammy';
import type { UserFromGetMe } from 'grammy/types';
import { setTimeout as sleep } from 'node:timers/promises';
import { AppError, cancelled, isAppError } from '@parlance/errors';
import { outsideCall, type OutsideCall } from '@parlance/resilience';
import { counter, LOGGER, SpanKind, withSpan, type Logger } from '@parlance/telemetry';
import { TELEGRAM_CONFIG, type TelegramConfig } from '../telegram.config.js';

/** What a method's answer may take, milliseconds. A poll waits for updates on top of it. */
const CALL_MS = 15_000;
/** Seconds that a poll waits for updates. */
export const POLL_SECONDS = 25;
/** Longest pause that Telegram may ask for within a call, seconds; a longer one ends the call. */
const LONGEST_PAUSE_S = 10;
const MOST_PAUSES = 3;

const calls = () => counter('parlance_telegram_calls_total');

/** The Bot API through grammY: deadlines, retries, a breaker, the pauses that Telegram asks for; faults without the token. */
@Injectable()
export class TelegramApi {
  readonly methods: Api;
  private readonly call: OutsideCall;
  private readonly poll: OutsideCall;
  private readonly secret: SecretText;
  private bot: UserFromGetMe | undefined;

  constructor(
    @Inject(TELEGRAM_CONFIG) private readonly config: Pick<TelegramConfig, 'telegram'>,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    const { token, apiRoot } = config.telegram;
    this.secret = new SecretText(token);
    this.call = outsideCall({ name: 'Telegram', timeoutMs: CALL_MS, attempts: 3 });
    this.poll = outsideCall({ name: 'Telegram', timeoutMs: CALL_MS + POLL_SECONDS * 1_000, attempts: 1 });
    this.methods = new Api(token, { apiRoot, timeoutSeconds: 2 * POLL_SECONDS });
    this.methods.config.use(this.guarded);
  }

  /** Whether Telegram has said who the bot is. */
  get isKnown(): boolean {
    return this.bot !== undefined;
  }

  /** Who the bot is; asked once.
   *  @throws AppError auth.invalid_token where Telegram refuses the token, upstream.unavailable */
  async me(signal?: AbortSignal): Promise<UserFromGetMe> {
    // grammY's types know the signal of a package of its own only.
    this.bot ??= await this.methods.getMe(signal as never);
    return this.bot;
  }

  /** A file that a user sent, whole.
   *  @throws AppError request.too_large, recording.not_found, upstream.unavailable */
  async download(fileId: string, maxBytes: number, signal: AbortSignal): Promise<Buffer> {
    const { file_path: path, file_size: size = 0 } = await this.methods.getFile(fileId, signal as never);
    if (size > maxBytes) throw tooLarge();
    if (path === undefined || path.startsWith('/'))
      throw new AppError(
        'upstream.unavailable',
        'The Bot API server does not give files over HTTP: run it without --local.',
      );
    const { apiRoot, token } = this.config.telegram;
    try {
      return await this.call.execute(async (context) => {
        const answer = await fetch(`${apiRoot}/file/bot${token}/${path}`, { signal: context.signal }).catch(
          (error: unknown) => {
            throw this.secret.scrubError(error);
          },
        );
        if (!answer.ok || !answer.body) {
          await answer.body?.cancel();
          if (answer.status < 500)
            throw new AppError('recording.not_found', 'The file can no longer be downloaded.');
          throw new Error(`The file's download was answered with status ${answer.status}.`);
        }
        return readWhole(answer.body, maxBytes);
      }, signal);
    } catch (error) {
      throw isAppError(error) ? error : this.unavailable(error);
    }
  }

  /** Every call of grammY passes here. */
  private readonly guarded: Transformer = async (prev, method, payload, signal) => {
    const caller = signal as AbortSignal | undefined;
    const isPoll = method === 'getUpdates';
    const outside = isPoll ? this.poll : this.call;
    const attempt = async (): Promise<Awaited<ReturnType<typeof prev>>> =>
      outside.execute(async (context) => {
        const answer = await prev(method, payload, context.signal as never).catch((error: unknown) => {
          throw this.secret.scrubError(error);
        });
        // Telegram's own faults are worth another try.
        if (!answer.ok && answer.error_code >= 500)
          throw new Error(`Telegram answered ${answer.error_code}.`);
        return answer;
      }, caller);
    const withPauses = async (): Promise<Awaited<ReturnType<typeof prev>>> => {
      for (let pauses = 0; ; pauses += 1) {
        const answer = await attempt();
        if (answer.ok) return answer;
        const { error_code: code, parameters } = answer;
        if (code !== 429) throw this.refusal(method, answer);
        const pauseS = Math.max(1, parameters?.retry_after ?? 1);
        this.logger.warn({ method, pauseS }, 'Telegram asks for a pause');
        if (pauseS > LONGEST_PAUSE_S || pauses === MOST_PAUSES) throw pause(pauseS);
        await sleep(pauseS * 1_000, undefined, { signal: caller }).catch((error: unknown) => {
          throw cancelled(error);
        });
      }
    };
    try {
      // A poll that waits is no part of anything.
      const answer = isPoll
        ? await withPauses()
        : await withSpan(`telegram ${method}`, { kind: SpanKind.CLIENT }, withPauses);
      calls().inc({ method, outcome: 'ok' });
      return answer as never;
    } catch (error) {
      calls().inc({ method, outcome: isAppError(error) ? error.code : 'failed' });
      throw error;
    }
  };

  private refusal(method: string, answer: { error_code: number; description: string }): AppError {
    const { error_code: code, description } = answer;
    const cause = new Error(this.secret.scrub(`${method}: ${code} ${description}`));
    // 404 is Telegram's answer to a token that has not even the right form.
    if (code === 401 || (code === 404 && method === 'getMe'))
      return new AppError('auth.invalid_token', 'Telegram refuses the token of the bot.', { cause });
    if (code === 409)
      return new AppError('upstream.unavailable', 'Another process reads the updates of the bot.', { cause });
    if (method === 'getFile' && /too big/i.test(description)) return tooLarge();
    return new AppError('request.invalid', `Telegram refused ${method}.`, { cause });
  }

  private unavailable(error: unknown): AppError {
    return new AppError('upstream.unavailable', 'Telegram is not reachable just now.', {
      cause: this.secret.scrubError(error),
    });
  }
}

function pause(seconds: number): AppError {
  return new AppError('quota.exceeded', 'Telegram asks for a pause.', { retryAfterSeconds: seconds });
}

function tooLarge(): AppError {
  return new AppError('request.too_large', 'The file is too large.');
}

async function readWhole(body: AsyncIterable<Uint8Array>, maxBytes: number): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw tooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Texts without a secret that stands in them: Telegram's addresses carry the bot's token. */
export class SecretText {
  /** @param secret  not empty */
  constructor(private readonly secret: string) {}

  /** @returns the text with every occurrence replaced, also where it is encoded for an address */
  scrub(text: string): string {
    return text.replaceAll(this.secret, '[token]').replaceAll(encodeURIComponent(this.secret), '[token]');
  }

  /** A copy of an error for the log: names and messages of it and of what caused it, nothing else. */
  scrubError(error: unknown): Error {
    const texts: string[] = [];
    for (let at = error, depth = 0; at !== undefined && at !== null && depth < 4; depth += 1) {
      texts.push(at instanceof Error ? `${at.name}: ${at.message}` : String(at));
      // grammY keeps the reason in `error`, Node in `cause`.
      const { error: inner, cause } = at as { error?: unknown; cause?: unknown };
      at = inner ?? cause;
    }
    return new Error(this.scrub(texts.join(' <- ')));
  }
}
