import { Injectable } from '@nestjs/common';
import { ObjectStore } from '@parlance/messaging';
import {
  AccountRepository,
  AttemptRepository,
  MailOutboxRepository,
  type LearnerData,
} from '@parlance/persistence';
import { accountCountsOf } from '../access/attempt-limits.service.js';
import { pictureKeyOf } from '../access/picture-key.js';

/** A learner's account and profile, its picture, how often its password was tried, and mails that wait for it. */
@Injectable()
export class AccountOfLearner implements LearnerData {
  readonly part = 'account';
  readonly collections = ['accounts', 'attempts', 'mail_outbox'];

  constructor(
    private readonly accounts: AccountRepository,
    private readonly attempts: AttemptRepository,
    private readonly mails: MailOutboxRepository,
    private readonly objects: ObjectStore,
  ) {}

  async *exportLearner(tenant: string, learner: string): AsyncGenerator<object> {
    const account = await this.accounts.find(tenant, learner);
    if (!account) return;
    const { id, email, emailVerifiedAt, identity, pictureType, role, profile, createdAt } = account;
    const mails = await this.mails.ofPerson(tenant, learner, email);
    yield {
      ...{ id, email, role, profile, createdAt },
      emailVerifiedAt: emailVerifiedAt ?? null,
      // The link itself is a hash, which tells the learner nothing.
      isLinkedToProvider: identity !== undefined,
      picture: pictureType ?? null,
      mailsThatWait: mails.map(({ kind, email: to, createdAt: since }) => ({ kind, to, since })),
    };
  }

  /** A picture and mails may come late, when the account is gone. */
  async eraseLearner(tenant: string, learner: string): Promise<number> {
    const account = await this.accounts.find(tenant, learner);
    await this.objects.delete(pictureKeyOf(tenant, learner));
    const mails = await this.mails.removeOfPerson(tenant, learner, account?.email);
    if (!account) return mails;
    for (const count of accountCountsOf(tenant, account.email, Date.now())) await this.attempts.reset(count);
    return mails + (await this.accounts.delete(tenant, learner));
  }
}
