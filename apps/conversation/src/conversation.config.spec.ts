import { describe, expect, it } from '@jest/globals';
import { conversationSchema } from './conversation.config.js';

const modelOf = (environment: Record<string, string>) => conversationSchema.parse(environment).languageModel;

describe('the language model that the environment names', () => {
  it('is none without a key and a server', () => {
    expect(modelOf({ PARLANCE_LLM_MODEL: 'any' })).toBeUndefined();
  });

  it("is Groq's with a key, and another server's also without one", () => {
    expect(modelOf({ GROQ_API_KEY: 'k' })).toMatchObject({ apiKey: 'k', model: 'llama-3.3-70b-versatile' });
    expect(modelOf({ PARLANCE_LLM_BASE_URL: 'http://vllm:8000/v1', PARLANCE_LLM_MODEL: 'm' })).toEqual({
      apiKey: 'none',
      baseUrl: 'http://vllm:8000/v1',
      model: 'm',
      firstWordMs: 8_000,
    });
  });
});
