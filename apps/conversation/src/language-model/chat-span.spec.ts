import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { AppError } from '@parlance/errors';
import { startTelemetry, type Telemetry } from '@parlance/telemetry';
import { SpanCollector } from '../../../../test/support/span-collector.js';
import { ChatSpan } from './chat-span.js';

describe('the span of a chat completion', () => {
  let collector: SpanCollector;
  let telemetry: Telemetry;
  beforeAll(async () => {
    collector = await SpanCollector.start();
    telemetry = startTelemetry({ service: 'spec', otlpEndpoint: collector.endpoint });
  });
  afterAll(() => collector.stop());

  it('has the model, the tokens and the finish reason by the conventions, and no text', async () => {
    const asked = { provider: 'openai', model: 'llama', temperature: 0, maxTokens: 300 };
    const chat = new ChatSpan(asked);
    const secret = { delta: { content: 'a secret' } };
    chat.push({ model: 'llama-3.1-8b', choices: [secret as object] });
    chat.push({ choices: [{ ...secret, finish_reason: 'stop' }] });
    chat.count({ inputTokens: 120, outputTokens: 40 });
    chat.end();
    const broken = new ChatSpan(asked);
    broken.fail(new AppError('upstream.unavailable', 'It broke off.'));
    broken.end();
    await telemetry.shutdown();

    const [answered, failed] = collector.spans;
    expect(answered).toMatchObject({
      name: 'chat llama',
      attributes: {
        'gen_ai.operation.name': 'chat',
        'gen_ai.provider.name': 'openai',
        'gen_ai.request.model': 'llama',
        'gen_ai.response.model': 'llama-3.1-8b',
        'gen_ai.usage.input_tokens': '120',
        'gen_ai.usage.output_tokens': '40',
      },
      events: [{ name: 'first text' }],
    });
    expect(failed?.attributes['error.type']).toBe('upstream.unavailable');
    expect(JSON.stringify(collector.spans)).not.toContain('a secret');
  });
});
