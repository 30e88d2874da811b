import { Injectable } from '@nestjs/common';
import type { Principal } from '@parlance/contracts';
import { AppError } from '@parlance/errors';
import { ConsentRepository, PrivacyJobRepository, SessionRepository } from '@parlance/persistence';
import { TenantPrivacy } from './tenant-privacy.service.js';

/** What may be kept of a learner just now. */
@Injectable()
export class LearnerPrivacy {
  constructor(
    private readonly privacy: TenantPrivacy,
    private readonly sessions: SessionRepository,
    private readonly consents: ConsentRepository,
    private readonly jobs: PrivacyJobRepository,
  ) {}

  /** Whether what is said in a session may be recorded: always, unless the tenant wants its learners' consent.
   *  @throws AppError store.unavailable */
  async allowsRecording(tenant: string, session: string): Promise<boolean> {
    const { recordingConsentRequired } = await this.privacy.settings(tenant);
    if (!recordingConsentRequired) return true;
    const user = (await this.sessions.find(tenant, session))?.user;
    // Nobody has allowed what is nobody's.
    if (user === undefined) return false;
    return (await this.consents.latest(tenant, user, 'recording'))?.given === true;
  }

  /** Keeps whoever is being erased from leaving something new. @throws AppError learner.erased, store.unavailable */
  async refuseErased({ tenant, user }: Principal): Promise<void> {
    if (user === undefined) return;
    if (await this.jobs.isBlocked(tenant, await this.privacy.pseudonym(tenant, user)))
      throw new AppError('learner.erased', 'What is kept of this learner is being removed.');
  }
}
