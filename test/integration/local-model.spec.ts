/** A real language model on one's own machine, through the code that asks Groq. */
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { GroqLanguageModel } from '@parlance/conversation/language-model/groq.provider';
import { tellFigure } from '../support/figures.js';
import { LocalModelServer } from '../support/local-model.js';
import { Platform } from '../support/platform.js';
import { aPrompt } from '../support/prompt-factory.js';
import { until } from '../support/until.js';
import { VoiceClient } from '../support/voice-client.js';

// The first run fetches the model; a busy machine writes slowly.
jest.setTimeout(240_000);

const missing = await LocalModelServer.missing();
if (missing !== undefined) tellFigure('a local language model', `not run: ${missing}`, 'SmolLM2-135M');
const suite = missing === undefined ? describe : describe.skip;

suite(`SmolLM2-135M by llama.cpp${missing === undefined ? '' : ` (${missing})`}`, () => {
  const NAME = `openai-compatible:${LocalModelServer.model}`;
  let server: LocalModelServer;
  beforeAll(async () => {
    server = await LocalModelServer.start();
  });
  afterAll(() => server?.stop());

  it('writes the reply of a turn as a stream, sentence by sentence, and is asked for the report by schema', async () => {
    const platform = await Platform.start({
      services: ['conversation', 'inference'],
      environment: {
        PARLANCE_LLM_BASE_URL: server.baseUrl,
        PARLANCE_LLM_MODEL: LocalModelServer.model,
        PARLANCE_LLM_FIRST_WORD_MS: '20000',
      },
    });
    try {
      const client = await VoiceClient.connectAs('ada', platform.gateway.url);
      await client.join({ settings: { ttsEnabled: false, language: 'en' } });
      await client.ask('voice:text-message', { text: 'Yesterday I go to the market with my sister.' });
      const reply = await until(() => client.parts('reply')[0], 60_000);
      expect(reply.metadata).toMatchObject({ model: NAME, sentences: client.parts('sentence').length });
      expect(reply.metadata.degraded ?? []).toEqual([]);
      const { metadata } = await until(() => client.parts('feedback')[0], 60_000);
      // A model this small does not always bring a report to its end: then the built-in coach writes it.
      expect([NAME, 'builtin-coach']).toContain(metadata.feedback?.model);
      expect((await server.stats()).schemas).toBeGreaterThan(0);
      tellFigure('SmolLM2-135M', `${reply.text} · report by ${metadata.feedback?.model}`, 'told only');
      client.close();
    } finally {
      await platform.stop();
    }
  });

  it('stops writing when the turn is cancelled', async () => {
    const before = await server.stats();
    const model = new GroqLanguageModel({
      apiKey: 'none',
      baseUrl: server.baseUrl,
      model: LocalModelServer.model,
      firstWordMs: 20_000,
    });
    const cancel = new AbortController();
    const writing = (async () => {
      for await (const part of model.write(aPrompt(), cancel.signal)) if ('text' in part) cancel.abort();
    })();
    await expect(writing).rejects.toMatchObject({ code: 'request.cancelled' });
    const after = await until(async () => {
      const stats = await server.stats();
      return stats.cancelled > before.cancelled && stats;
    }, 30_000);
    // The whole reply would have been up to 300.
    expect(after.tokens - before.tokens).toBeLessThan(100);
    expect(after.finished).toBe(before.finished);
  });
});
