import { z } from 'zod';
import {
  drainEnv,
  milliseconds,
  mongoEnv,
  natsEnv,
  objectStoreEnv,
  opsEnv,
  telemetryEnv,
  workEnv,
} from '@parlance/config';

/** The environment of the conversation service. */
export const conversationConfig = z.object({
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
});
export type ConversationConfig = z.infer<typeof conversationConfig>;

export const CONVERSATION_CONFIG = Symbol('CONVERSATION_CONFIG');
