import { z } from 'zod';
import { milliseconds } from '@parlance/config';
import type { ModerationOptions } from './moderation.service.js';

/** Whether what people say is checked before a language model gets it. */
export const moderationEnv = {
  /** The whole address of an endpoint that speaks OpenAI's moderations; without it nothing is checked. */
  PARLANCE_MODERATION_URL: z.url().optional(),
  PARLANCE_MODERATION_API_KEY: z.string().optional(),
  PARLANCE_MODERATION_MODEL: z.string().optional(),
  PARLANCE_MODERATION_TIMEOUT_MS: milliseconds(2_000),
  /** What becomes of a turn that could not be checked: it is answered, or refused politely. */
  PARLANCE_MODERATION_ON_FAILURE: z.enum(['answer', 'refuse']).default('answer'),
};
type ModerationEnv = z.output<z.ZodObject<typeof moderationEnv>>;

/** A setting of a service that is not asked would have no effect. */
export function checkModerationEnv(env: ModerationEnv, context: z.RefinementCtx): void {
  if (env.PARLANCE_MODERATION_URL !== undefined) return;
  for (const name of ['PARLANCE_MODERATION_API_KEY', 'PARLANCE_MODERATION_MODEL'] as const)
    if (env[name] !== undefined)
      context.addIssue({ code: 'custom', path: [name], message: 'needs PARLANCE_MODERATION_URL' });
}

/** @returns undefined where nothing is moderated */
export function moderationFrom(env: ModerationEnv): ModerationOptions | undefined {
  if (env.PARLANCE_MODERATION_URL === undefined) return undefined;
  return {
    url: env.PARLANCE_MODERATION_URL,
    apiKey: env.PARLANCE_MODERATION_API_KEY,
    model: env.PARLANCE_MODERATION_MODEL,
    timeoutMs: env.PARLANCE_MODERATION_TIMEOUT_MS,
    onFailure: env.PARLANCE_MODERATION_ON_FAILURE,
  };
}
