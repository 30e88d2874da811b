import { Injectable } from '@nestjs/common';
import { isAppError } from '@parlance/errors';
import {
  AccountRepository,
  AttemptRepository,
  type AccountRecord,
  type LearnerData,
} from '@parlance/persistence';
import { accountCountsOf } from '../access/attempt-limits.service.js';
import { PictureStore } from '../access/picture-store.service.js';

/** A learner's account, profile and picture, and how often its password was tried. */
@Injectable()
export class AccountOfLearner implements LearnerData {
  readonly part = 'account';
  readonly collections = ['accounts', 'attempts'];

  constructor(
    private readonly accounts: AccountRepository,
    private readonly attempts: AttemptRepository,
    private readonly pictures: PictureStore,
  ) {}

  async *exportLearner(tenant: string, learner: string): AsyncGenerator<object> {
    const account = await this.find(tenant, learner);
    if (!account) return;
    const { id, email, emailVerifiedAt, identity, pictureType, role, profile, createdAt } = account;
    const { identityIssuer, identityEmail } = account;
    yield {
      ...{ id, email, role, profile, createdAt },
      emailVerifiedAt: emailVerifiedAt ?? null,
      // The link itself is a hash, which tells the learner nothing.
      isLinkedToProvider: identity !== undefined,
      provider: identityIssuer ?? null,
      addressAtProvider: identityEmail ?? null,
      picture: pictureType ?? null,
    };
  }

  async eraseLearner(tenant: string, learner: string): Promise<number> {
    const account = await this.find(tenant, learner);
    // One that was being stored may come when the account is gone.
    await this.pictures.erase(tenant, learner);
    if (!account) return 0;
    for (const count of accountCountsOf(tenant, account.email, Date.now())) await this.attempts.reset(count);
    return this.accounts.delete(tenant, learner);
  }

  private async find(tenant: string, learner: string): Promise<AccountRecord | undefined> {
    try {
      return await this.accounts.get(tenant, learner);
    } catch (error) {
      // Many learners have none: their tenant knows them by ids of its own.
      if (isAppError(error) && error.code === 'account.not_found') return undefined;
      throw error;
    }
  }
}
