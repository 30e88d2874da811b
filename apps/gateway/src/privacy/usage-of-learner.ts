import { Injectable } from '@nestjs/common';
import { UsageLedger, UsageRepository, type LearnerData, type UsageName } from '@parlance/persistence';

const PAGE = 100;
/** Before and behind every day. */
const FIRST_DAY = '0000-01-01';
const LAST_DAY = '9999-12-31';

/** What a learner has used, by day. What its tenant and its key have used stays. */
@Injectable()
export class UsageOfLearner implements LearnerData {
  readonly part = 'usage';
  readonly collections = ['usage'];

  constructor(
    private readonly usage: UsageRepository,
    private readonly ledger: UsageLedger,
  ) {}

  async *exportLearner(tenant: string, learner: string): AsyncGenerator<object> {
    for (let after: Pick<UsageName, 'day' | 'id'> | undefined; ;) {
      const days = { from: FIRST_DAY, to: LAST_DAY, limit: PAGE };
      const page = await this.usage.page(tenant, { scope: 'learner', id: learner, ...days, after });
      for (const { day, counts } of page) yield { day, ...counts };
      if (page.length < PAGE) return;
      after = page.at(-1);
    }
  }

  /** Whoever names the learner in a request is counted for them meanwhile, also when they are erased: what is found does not hold
   *  the erasure up. @returns 0 */
  async eraseLearner(tenant: string, learner: string): Promise<number> {
    // What was counted here of the sessions that have just been removed.
    await this.ledger.flush();
    await this.usage.deleteLearner(tenant, learner);
    return 0;
  }
}
