import { describe, expect, it } from '@jest/globals';
import { metricsRegistry } from '@parlance/telemetry';
import { TokenUsageService } from './token-usage.service.js';

const uncounted = { count: () => undefined };
const lines = async () => (await metricsRegistry.metrics()).split('\n');

describe('what tenants use of the language models', () => {
  it('is counted by tenant, model and purpose, with its cost where the model has a price', async () => {
    const usage = new TokenUsageService(new Map([['llama', { input: 0.5, output: 2 }]]), uncounted);
    const count = { inputTokens: 2_000_000, outputTokens: 500_000 };
    expect(usage.count({ tenant: 'acme' }, 'llama', 'reply', count)).toEqual({ ...count, cost: 2 });
    expect(usage.count({ tenant: 'acme' }, 'free', 'feedback', count)).toEqual(count);
    const metrics = await lines();
    expect(metrics).toContain(
      'parlance_llm_tokens_total{tenant="acme",model="llama",purpose="reply",kind="input"} 2000000',
    );
    expect(metrics).toContain(
      'parlance_llm_tokens_total{tenant="acme",model="free",purpose="feedback",kind="output"} 500000',
    );
    expect(metrics).toContain('parlance_llm_cost_total{tenant="acme",model="llama",purpose="reply"} 2');
  });

  it('keeps the number of labels bounded', async () => {
    const usage = new TokenUsageService(new Map(), uncounted);
    for (let tenant = 0; tenant < 1_100; tenant += 1)
      usage.count({ tenant: `tenant-${tenant}` }, 'crowd', 'summary', { inputTokens: 1, outputTokens: 1 });
    const crowd = (await lines()).filter((line) => line.includes('model="crowd"'));
    // A process has 1,000 labels: one is acme's, of the test before.
    expect(crowd).toHaveLength(2 * (999 + 1));
    expect(crowd).toContain(
      'parlance_llm_tokens_total{tenant="others",model="crowd",purpose="summary",kind="input"} 101',
    );
  });
});
