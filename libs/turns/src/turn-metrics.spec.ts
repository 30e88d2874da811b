import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { metricsRegistry, startTelemetry, withSpan, type Telemetry } from '@parlance/telemetry';
import { noteFallback } from './turn-metrics.js';

describe('a fallback', () => {
  let telemetry: Telemetry;
  beforeAll(() => {
    telemetry = startTelemetry({ service: 'test' });
  });
  afterAll(() => telemetry.shutdown());

  it('is counted by its stage and links, and marked in the span of the work', async () => {
    await withSpan('work', {}, async (span) => {
      const addEvent = jest.spyOn(span, 'addEvent');
      noteFallback('reply', 'groq:a', 'builtin-coach', 'timeout');
      expect(addEvent).toHaveBeenCalledWith('fallback', {
        'parlance.stage': 'reply',
        from: 'groq:a',
        to: 'builtin-coach',
        'error.type': 'timeout',
      });
    });
    expect(await metricsRegistry.metrics()).toContain(
      'parlance_fallbacks_total{stage="reply",from="groq:a",to="builtin-coach"} 1',
    );
  });
});
