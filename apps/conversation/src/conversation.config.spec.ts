import { describe, expect, it } from '@jest/globals';
import { PROVIDER_BREAKER } from '@parlance/resilience';
import { conversationSchema } from './conversation.config.js';

const read = (environment: Record<string, string>) => conversationSchema.parse(environment);
const modelsOf = (environment: Record<string, string>) => read(environment).languageModels;
const faultsOf = (environment: Record<string, string>) =>
  conversationSchema.safeParse(environment).error?.issues.map(({ path, message }) => `${path}: ${message}`);

describe('the language models that the environment names', () => {
  it('are none without a key and a server', () => {
    expect(modelsOf({ PARLANCE_LLM_MODEL: 'any' })).toEqual([]);
  });

  it("are Groq's with a key, and another server's also without one", () => {
    expect(modelsOf({ GROQ_API_KEY: 'k' })).toMatchObject([
      { apiKey: 'k', model: 'llama-3.3-70b-versatile' },
    ]);
    expect(modelsOf({ PARLANCE_LLM_BASE_URL: 'http://vllm:8000/v1', PARLANCE_LLM_MODEL: 'm' })).toEqual([
      {
        apiKey: 'none',
        baseUrl: 'http://vllm:8000/v1',
        model: 'm',
        firstWordMs: 5_000,
        silenceMs: 8_000,
        totalMs: 30_000,
        breaker: { share: 0.5, leastCalls: 10, withinMs: 60_000, halfOpenAfterMs: 60_000 },
      },
    ]);
  });

  it("are asked in their order: the first, the second of the same server, the other server's", () => {
    const models = modelsOf({
      GROQ_API_KEY: 'k',
      PARLANCE_LLM_MODEL: 'large',
      PARLANCE_LLM_SECOND_MODEL: 'small',
      PARLANCE_LLM_FALLBACK_BASE_URL: 'http://ollama:11434/v1',
      PARLANCE_LLM_FALLBACK_MODEL: 'qwen',
      PARLANCE_LLM_FALLBACK_API_KEY: 'other',
    });
    expect(models.map(({ model, apiKey, baseUrl }) => [model, apiKey, baseUrl])).toEqual([
      ['large', 'k', undefined],
      ['small', 'k', undefined],
      ['qwen', 'other', 'http://ollama:11434/v1'],
    ]);
  });

  it.each([
    ['PARLANCE_LLM_SECOND_MODEL', 'm', 'GROQ_API_KEY'],
    ['PARLANCE_LLM_FALLBACK_MODEL', 'm', 'PARLANCE_LLM_FALLBACK_BASE_URL'],
    ['PARLANCE_LLM_FALLBACK_API_KEY', 'k', 'PARLANCE_LLM_FALLBACK_BASE_URL'],
    ['PARLANCE_LLM_FALLBACK_BASE_URL', 'http://x/v1', 'PARLANCE_LLM_FALLBACK_MODEL'],
    ['PARLANCE_MODERATION_API_KEY', 'k', 'PARLANCE_MODERATION_URL'],
    ['PARLANCE_MODERATION_MODEL', 'm', 'PARLANCE_MODERATION_URL'],
  ])('%s is refused by its name where it would have no effect', (name, value, other) => {
    expect(faultsOf({ [name]: value })).toEqual([`${name}: needs ${other}`]);
  });

  it('have prices of a million tokens, whatever signs are in their names', () => {
    const { tokenPrices } = read({ PARLANCE_LLM_PRICES: 'llama=0.59/0.79, openai/gpt-oss:20b=1/2' });
    expect([...tokenPrices]).toEqual([
      ['llama', { input: 0.59, output: 0.79 }],
      ['openai/gpt-oss:20b', { input: 1, output: 2 }],
    ]);
    expect(faultsOf({ PARLANCE_LLM_PRICES: 'llama=cheap' })?.[0]).toMatch(
      /^PARLANCE_LLM_PRICES: must be MODEL=/,
    );
  });
});

describe('the limits of the language models', () => {
  const first = (environment: Record<string, string>) => modelsOf({ GROQ_API_KEY: 'k', ...environment })[0]!;

  it.each<readonly [string, (model: ReturnType<typeof first>) => unknown, unknown, string, unknown]>([
    ['PARLANCE_LLM_FIRST_WORD_MS', ({ firstWordMs }) => firstWordMs, 5_000, '900', 900],
    ['PARLANCE_LLM_SILENCE_MS', ({ silenceMs }) => silenceMs, 8_000, '900', 900],
    ['PARLANCE_LLM_TOTAL_MS', ({ totalMs }) => totalMs, 30_000, '900', 900],
    [
      'PARLANCE_LLM_BREAKER_FAILURES',
      ({ breaker }) => breaker,
      PROVIDER_BREAKER,
      '20',
      { ...PROVIDER_BREAKER, share: 0.2 },
    ],
    [
      'PARLANCE_LLM_BREAKER_MIN_CALLS',
      ({ breaker }) => breaker,
      PROVIDER_BREAKER,
      '9',
      { ...PROVIDER_BREAKER, leastCalls: 9 },
    ],
    [
      'PARLANCE_LLM_BREAKER_WINDOW_MS',
      ({ breaker }) => breaker,
      PROVIDER_BREAKER,
      '900',
      { ...PROVIDER_BREAKER, withinMs: 900 },
    ],
    [
      'PARLANCE_LLM_BREAKER_HALF_OPEN_MS',
      ({ breaker }) => breaker,
      PROVIDER_BREAKER,
      '900',
      { ...PROVIDER_BREAKER, halfOpenAfterMs: 900 },
    ],
  ])('%s is read, and has its default', (name, limit, standard, value, expected) => {
    expect([limit(first({})), limit(first({ [name]: value }))]).toEqual([standard, expected]);
  });

  it('PARLANCE_REPLY_LIMIT_MS is what one piece of work may take', () => {
    expect(read({}).work.handlingLimitMs).toBe(75_000);
    expect(read({ PARLANCE_REPLY_LIMIT_MS: '900' }).work.handlingLimitMs).toBe(900);
  });
});
