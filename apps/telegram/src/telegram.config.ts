import { z } from 'zod';
import {
  drainEnv,
  integer,
  milliseconds,
  mongoEnv,
  opsEnv,
  opsFrom,
  port,
  telemetryEnv,
  telemetryFrom,
} from '@parlance/config';
import { isTimeZone } from '@parlance/practice';

/** Where Telegram posts updates, behind the address it is told. */
export const WEBHOOK_PATH = 'telegram/webhook';

const address = z.url({ protocol: /^https?$/ }).transform((url) => url.replace(/\/+$/, ''));

/** Updates that are worked on at once beside voice messages: commands take milliseconds. */
const OTHER_UPDATES = 32;

/** Environment of the Telegram bot. */
export const telegramSchema = z
  .object({
    /** Where Telegram's posts come in; taken only where there is a webhook. */
    PARLANCE_HTTP_HOST: z.string().default('127.0.0.1'),
    PARLANCE_HTTP_PORT: port(8086),
    ...opsEnv(8084),
    ...mongoEnv,
    ...telemetryEnv,
    ...drainEnv,
    /** From @BotFather. */
    TELEGRAM_BOT_TOKEN: z.string().regex(/^\d+:[\w-]{20,}$/, 'must be a bot token as @BotFather gives it'),
    /** Telegram's own server, or a Bot API server of one's own (without --local). */
    TELEGRAM_API_ROOT: address.default('https://api.telegram.org'),
    /** The gateway, and the key of the tenant that the bot is. */
    PARLANCE_URL: address.default('http://127.0.0.1:8080'),
    PARLANCE_API_KEY: z.string().min(1),
    /** The address that reaches this service from the internet; with it Telegram posts updates, without it they are polled. */
    PARLANCE_TELEGRAM_WEBHOOK_URL: address.optional(),
    /** What Telegram sends along, so that nobody else can post updates. */
    PARLANCE_TELEGRAM_WEBHOOK_SECRET: z
      .string()
      .regex(/^[\w-]{16,256}$/, 'must be 16 to 256 letters, digits, - and _')
      .optional(),
    /** Voice messages worked on at once, and how many may wait behind them. */
    PARLANCE_TELEGRAM_VOICES: integer(4, { min: 1, max: 256 }),
    PARLANCE_TELEGRAM_VOICE_QUEUE: integer(32, { max: 10_000 }),
    /** Updates kept in the store that are not done; beyond it Telegram is asked to try later. */
    PARLANCE_TELEGRAM_MAX_OPEN_UPDATES: integer(5_000, { min: 1 }),
    PARLANCE_TELEGRAM_VOICES_PER_HOUR: integer(30, { min: 1 }),
    PARLANCE_TELEGRAM_MESSAGES_PER_MINUTE: integer(30, { min: 1 }),
    /** Silence after which another replica works on an update: what a crash costs a user. */
    PARLANCE_TELEGRAM_LEASE_MS: milliseconds(15_000),
    /** The calendar of users who have not said theirs. */
    PARLANCE_TELEGRAM_TIME_ZONE: z.string().refine(isTimeZone, 'must be an IANA time zone').default('UTC'),
    /** An answer that takes longer is told to have failed. */
    PARLANCE_TELEGRAM_ANSWER_LIMIT_MS: milliseconds(120_000),
  })
  .refine(
    (env) =>
      env.PARLANCE_TELEGRAM_WEBHOOK_URL === undefined || env.PARLANCE_TELEGRAM_WEBHOOK_SECRET !== undefined,
    {
      path: ['PARLANCE_TELEGRAM_WEBHOOK_SECRET'],
      message: 'is needed where PARLANCE_TELEGRAM_WEBHOOK_URL is set',
    },
  )
  .transform((env) => ({
    http: { host: env.PARLANCE_HTTP_HOST, port: env.PARLANCE_HTTP_PORT },
    ops: opsFrom(env),
    store: { mongodbUri: env.MONGODB_URI },
    telemetry: telemetryFrom(env),
    drainMs: env.PARLANCE_DRAIN_MS,
    telegram: {
      token: env.TELEGRAM_BOT_TOKEN,
      /** The bot's id: the part of the token that is no secret. */
      bot: env.TELEGRAM_BOT_TOKEN.split(':')[0]!,
      apiRoot: env.TELEGRAM_API_ROOT,
    },
    /** Undefined: updates are polled. */
    webhook:
      env.PARLANCE_TELEGRAM_WEBHOOK_URL === undefined
        ? undefined
        : {
            url: `${env.PARLANCE_TELEGRAM_WEBHOOK_URL}/${WEBHOOK_PATH}`,
            secret: env.PARLANCE_TELEGRAM_WEBHOOK_SECRET!,
          },
    platform: {
      url: env.PARLANCE_URL,
      apiKey: env.PARLANCE_API_KEY,
      answerLimitMs: env.PARLANCE_TELEGRAM_ANSWER_LIMIT_MS,
    },
    updates: {
      maxAtOnce: env.PARLANCE_TELEGRAM_VOICES + env.PARLANCE_TELEGRAM_VOICE_QUEUE + OTHER_UPDATES,
      maxOpen: env.PARLANCE_TELEGRAM_MAX_OPEN_UPDATES,
      leaseMs: env.PARLANCE_TELEGRAM_LEASE_MS,
    },
    limits: {
      voices: env.PARLANCE_TELEGRAM_VOICES,
      voiceQueue: env.PARLANCE_TELEGRAM_VOICE_QUEUE,
      voicesPerHour: env.PARLANCE_TELEGRAM_VOICES_PER_HOUR,
      messagesPerMinute: env.PARLANCE_TELEGRAM_MESSAGES_PER_MINUTE,
    },
    timeZone: env.PARLANCE_TELEGRAM_TIME_ZONE,
  }));
export type TelegramConfig = z.infer<typeof telegramSchema>;

/** Injection token of the configuration. */
export const TELEGRAM_CONFIG = Symbol('TELEGRAM_CONFIG');
