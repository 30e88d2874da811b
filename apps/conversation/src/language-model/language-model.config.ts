import { z } from 'zod';
import { breakerEnv, breakerFrom, milliseconds } from '@parlance/config';
import type { GroqOptions } from './groq.provider.js';
import type { TokenPrice } from './token-usage.service.js';

/** Servers other than Groq's seldom ask for a key, but the client wants one. */
const NO_KEY = 'none';
const BREAKER = 'PARLANCE_LLM';

/** Which language models answer, in which order, and for how long they are waited for. */
export const languageModelEnv = {
  /** Without a key (or another server) the built-in coach answers. */
  GROQ_API_KEY: z.string().optional(),
  /** An OpenAI-compatible server instead of Groq's, up to and with `/v1`. */
  PARLANCE_LLM_BASE_URL: z.url().optional(),
  PARLANCE_LLM_MODEL: z.string().default('llama-3.3-70b-versatile'),
  /** Another model of the same server, for when the first one does not answer. */
  PARLANCE_LLM_SECOND_MODEL: z.string().optional(),
  /** Another OpenAI-compatible server, for when neither does. */
  PARLANCE_LLM_FALLBACK_BASE_URL: z.url().optional(),
  PARLANCE_LLM_FALLBACK_API_KEY: z.string().optional(),
  PARLANCE_LLM_FALLBACK_MODEL: z.string().optional(),
  /** To the first word, retries included. */
  PARLANCE_LLM_FIRST_WORD_MS: milliseconds(5_000),
  /** Silence in mid-reply that ends it. */
  PARLANCE_LLM_SILENCE_MS: milliseconds(8_000),
  /** A whole answer of one model. */
  PARLANCE_LLM_TOTAL_MS: milliseconds(30_000),
  /** When a model is left alone. */
  ...breakerEnv(BREAKER),
  /** `MODEL=INPUT/OUTPUT`, comma separated: prices of a million tokens. */
  PARLANCE_LLM_PRICES: z
    .string()
    .default('')
    .transform((text, context) => readPrices(text, context)),
};
type LanguageModelEnv = z.output<z.ZodObject<typeof languageModelEnv>>;

/** A setting without the one it belongs to would have no effect. */
export function checkLanguageModelEnv(env: LanguageModelEnv, context: z.RefinementCtx): void {
  const needs = (name: keyof LanguageModelEnv, other: keyof LanguageModelEnv, isThere: boolean): void => {
    if (env[name] !== undefined && !isThere)
      context.addIssue({ code: 'custom', path: [name], message: `needs ${other}` });
  };
  const hasFirst = env.GROQ_API_KEY !== undefined || env.PARLANCE_LLM_BASE_URL !== undefined;
  const hasFallback = env.PARLANCE_LLM_FALLBACK_BASE_URL !== undefined;
  needs('PARLANCE_LLM_SECOND_MODEL', 'GROQ_API_KEY', hasFirst);
  needs('PARLANCE_LLM_FALLBACK_MODEL', 'PARLANCE_LLM_FALLBACK_BASE_URL', hasFallback);
  needs('PARLANCE_LLM_FALLBACK_API_KEY', 'PARLANCE_LLM_FALLBACK_BASE_URL', hasFallback);
  needs(
    'PARLANCE_LLM_FALLBACK_BASE_URL',
    'PARLANCE_LLM_FALLBACK_MODEL',
    env.PARLANCE_LLM_FALLBACK_MODEL !== undefined,
  );
}

/** The models in the order in which they are asked; none where none is configured. */
export function languageModelsFrom(env: LanguageModelEnv): GroqOptions[] {
  const common = {
    firstWordMs: env.PARLANCE_LLM_FIRST_WORD_MS,
    silenceMs: env.PARLANCE_LLM_SILENCE_MS,
    totalMs: env.PARLANCE_LLM_TOTAL_MS,
    breaker: breakerFrom(env, BREAKER),
  };
  const models: GroqOptions[] = [];
  if (env.GROQ_API_KEY !== undefined || env.PARLANCE_LLM_BASE_URL !== undefined) {
    const server = { apiKey: env.GROQ_API_KEY ?? NO_KEY, baseUrl: env.PARLANCE_LLM_BASE_URL, ...common };
    models.push({ ...server, model: env.PARLANCE_LLM_MODEL });
    if (env.PARLANCE_LLM_SECOND_MODEL) models.push({ ...server, model: env.PARLANCE_LLM_SECOND_MODEL });
  }
  if (env.PARLANCE_LLM_FALLBACK_BASE_URL && env.PARLANCE_LLM_FALLBACK_MODEL)
    models.push({
      apiKey: env.PARLANCE_LLM_FALLBACK_API_KEY ?? NO_KEY,
      baseUrl: env.PARLANCE_LLM_FALLBACK_BASE_URL,
      model: env.PARLANCE_LLM_FALLBACK_MODEL,
      ...common,
    });
  return models;
}

const PRICE = /^(.+)=(\d+(?:\.\d+)?)\/(\d+(?:\.\d+)?)$/;

function readPrices(text: string, context: z.RefinementCtx): ReadonlyMap<string, TokenPrice> {
  const prices = new Map<string, TokenPrice>();
  for (const entry of text.split(',').map((one) => one.trim())) {
    if (entry === '') continue;
    const [, model, input, output] = PRICE.exec(entry) ?? [];
    if (model === undefined)
      context.addIssue({ code: 'custom', message: 'must be MODEL=INPUT/OUTPUT, comma separated' });
    else prices.set(model, { input: Number(input), output: Number(output) });
  }
  return prices;
}
