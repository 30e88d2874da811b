import { z } from 'zod';
import {
  drainEnv,
  integer,
  messagingFrom,
  milliseconds,
  mongoEnv,
  mutualTlsEnv,
  mutualTlsFrom,
  natsEnv,
  objectStoreEnv,
  opsEnv,
  opsFrom,
  telemetryEnv,
  telemetryFrom,
  workEnv,
  workFrom,
} from '@parlance/config';
import {
  checkLanguageModelEnv,
  languageModelEnv,
  languageModelsFrom,
} from './language-model/language-model.config.js';
import { checkModerationEnv, moderationEnv, moderationFrom } from './moderation/moderation.config.js';

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
    ...mutualTlsEnv,
    ...languageModelEnv,
    ...moderationEnv,
    /** One reply and its report take no longer, all models together. */
    PARLANCE_REPLY_LIMIT_MS: milliseconds(75_000),
    /** How often a process adds what it has counted to what all have counted. */
    PARLANCE_USAGE_INTERVAL_MS: integer(2_000, { min: 100, max: 60_000 }),
  })
  .superRefine((env, context) => {
    checkLanguageModelEnv(env, context);
    checkModerationEnv(env, context);
  })
  .transform((env, context) => ({ ...env, mutualTls: mutualTlsFrom(env, context) }))
  .transform((env) => ({
    ops: opsFrom(env),
    messaging: messagingFrom(env, env.mutualTls),
    store: { mongodbUri: env.MONGODB_URI, tls: env.mutualTls },
    telemetry: telemetryFrom(env),
    work: { ...workFrom(env), handlingLimitMs: env.PARLANCE_REPLY_LIMIT_MS },
    drainMs: env.PARLANCE_DRAIN_MS,
    languageModels: languageModelsFrom(env),
    usageIntervalMs: env.PARLANCE_USAGE_INTERVAL_MS,
    tokenPrices: env.PARLANCE_LLM_PRICES,
    /** Undefined where nothing is moderated. */
    moderation: moderationFrom(env),
  }));
export type ConversationConfig = z.infer<typeof conversationSchema>;

/** Injection token of the configuration. */
export const CONVERSATION_CONFIG = Symbol('CONVERSATION_CONFIG');
