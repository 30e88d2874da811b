import { counter } from '@parlance/telemetry';
import type { TokenUsage } from '@parlance/persistence';
import type { TokenCount } from './language-model.js';

/** Price of a million tokens, in whatever currency the operator counts. */
export interface TokenPrice {
  readonly input: number;
  readonly output: number;
}

export type TokenPurpose = 'reply' | 'feedback' | 'evaluation' | 'summary' | 'practice';

/** Tenants that have a label of their own; they are configured, so that there are seldom more. */
const MOST_TENANTS = 1_000;
const OTHERS = 'others';

const tokens = () =>
  counter<'tenant' | 'model' | 'purpose' | 'kind'>(
    'parlance_llm_tokens_total',
    'Tokens of language models, as their servers count them.',
    ['tenant', 'model', 'purpose', 'kind'],
  );
const costs = () =>
  counter<'tenant' | 'model' | 'purpose'>(
    'parlance_llm_cost_total',
    'Cost of language models, by the configured prices and in their currency.',
    ['tenant', 'model', 'purpose'],
  );

/** Counts what each tenant uses of the language models. */
export class TokenUsageService {
  private readonly tenants = new Set<string>();

  constructor(private readonly prices: ReadonlyMap<string, TokenPrice>) {}

  /** @param model as the server calls it
   *  @returns the count with its cost, where the model has a price */
  count(
    tenant: string,
    model: string,
    purpose: TokenPurpose,
    { inputTokens, outputTokens }: TokenCount,
  ): TokenUsage {
    const labels = { tenant: this.labelOf(tenant), model, purpose };
    tokens().inc({ ...labels, kind: 'input' }, inputTokens);
    tokens().inc({ ...labels, kind: 'output' }, outputTokens);
    const price = this.prices.get(model);
    if (!price) return { inputTokens, outputTokens };
    const cost = (inputTokens * price.input + outputTokens * price.output) / 1_000_000;
    costs().inc(labels, cost);
    return { inputTokens, outputTokens, cost };
  }

  private labelOf(tenant: string): string {
    if (this.tenants.has(tenant)) return tenant;
    if (this.tenants.size >= MOST_TENANTS) return OTHERS;
    this.tenants.add(tenant);
    return tenant;
  }
}
