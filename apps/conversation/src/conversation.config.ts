import { z } from 'zod';
import {
  drainEnv,
  messagingFrom,
  milliseconds,
  mongoEnv,
  natsEnv,
  objectStoreEnv,
  opsEnv,
  opsFrom,
  telemetryEnv,
  telemetryFrom,
  workEnv,
  workFrom,
} from '@parlance/config';

/** Servers other than Groq's seldom ask for a key, but the client wants one. */
const NO_KEY = 'none';

/** Environment of the conversation service. */
export const conversationSchema = z
  .object({
    ...opsEnv(8082),
    ...natsEnv,
    ...mongoEnv,
    ...objectStoreEnv,
    ...telemetryEnv,
    ...workEnv,
    ...drainEnv,
    /** Without a key (or another server) the built-in coach answers. */
    GROQ_API_KEY: z.string().optional(),
    /** An OpenAI-compatible server instead of Groq's, up to and with `/v1`. */
    PARLANCE_LLM_BASE_URL: z.url().optional(),
    PARLANCE_LLM_MODEL: z.string().default('llama-3.3-70b-versatile'),
    PARLANCE_LLM_FIRST_WORD_MS: milliseconds(8_000),
    /** One reply takes no longer. */
    PARLANCE_REPLY_LIMIT_MS: milliseconds(60_000),
  })
  .transform((env) => ({
    ops: opsFrom(env),
    messaging: messagingFrom(env),
    store: { mongodbUri: env.MONGODB_URI },
    telemetry: telemetryFrom(env),
    work: { ...workFrom(env), handlingLimitMs: env.PARLANCE_REPLY_LIMIT_MS },
    drainMs: env.PARLANCE_DRAIN_MS,
    /** Undefined where no model is configured. */
    languageModel:
      env.GROQ_API_KEY === undefined && env.PARLANCE_LLM_BASE_URL === undefined
        ? undefined
        : {
            apiKey: env.GROQ_API_KEY ?? NO_KEY,
            baseUrl: env.PARLANCE_LLM_BASE_URL,
            model: env.PARLANCE_LLM_MODEL,
            firstWordMs: env.PARLANCE_LLM_FIRST_WORD_MS,
          },
  }));
export type ConversationConfig = z.infer<typeof conversationSchema>;

/** Injection token of the configuration. */
export const CONVERSATION_CONFIG = Symbol('CONVERSATION_CONFIG');
