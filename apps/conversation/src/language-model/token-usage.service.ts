import { counter, tenantLabel } from '@parlance/telemetry';
import type { TurnTranscribed, UsageSubject } from '@parlance/contracts';
import type { TokenUsage, UsageLedger } from '@parlance/persistence';
import type { TokenCount } from './language-model.js';

/** Price of a million tokens, in whatever currency the operator counts. */
export interface TokenPrice {
  readonly input: number;
  readonly output: number;
}

export type TokenPurpose = 'reply' | 'feedback' | 'evaluation' | 'summary' | 'practice';

const tokens = () => counter('parlance_llm_tokens_total');
const costs = () => counter('parlance_llm_cost_total');

/** Whom a turn is counted for. */
export function subjectOf({ identity, usedBy }: Pick<TurnTranscribed, 'identity' | 'usedBy'>): UsageSubject {
  return { tenant: identity.tenant, ...usedBy };
}

/** Counts what each tenant uses of the language models. */
export class TokenUsageService {
  /** @param ledger  counts towards the limits of tenants, keys and learners */
  constructor(
    private readonly prices: ReadonlyMap<string, TokenPrice>,
    private readonly ledger: Pick<UsageLedger, 'count'>,
  ) {}

  /** @param usedBy  a tenant, with its key and its learner where they are known
   *  @param model as the server calls it
   *  @returns the count with its cost, where the model has a price */
  count(
    usedBy: UsageSubject,
    model: string,
    purpose: TokenPurpose,
    { inputTokens, outputTokens }: TokenCount,
  ): TokenUsage {
    this.ledger.count(usedBy, { inputTokens, outputTokens });
    const labels = { tenant: tenantLabel(usedBy.tenant), model, purpose };
    tokens().inc({ ...labels, kind: 'input' }, inputTokens);
    tokens().inc({ ...labels, kind: 'output' }, outputTokens);
    const price = this.prices.get(model);
    if (!price) return { inputTokens, outputTokens };
    const cost = (inputTokens * price.input + outputTokens * price.output) / 1_000_000;
    costs().inc(labels, cost);
    return { inputTokens, outputTokens, cost };
  }
}
