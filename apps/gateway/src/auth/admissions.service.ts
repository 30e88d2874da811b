import { Injectable } from '@nestjs/common';
import { isAppError } from '@parlance/errors';
import { withDeadline } from '@parlance/resilience';
import { LearnerPrivacy } from '../privacy/learner-privacy.service.js';
import type { QuotaSubject } from '../quotas/quota-subject.js';
import { Quotas, type AdmissionKind } from '../quotas/quotas.service.js';

/** Longest wait for the store; without its answer nothing that is kept in it can be written either. */
const READ_LIMIT_MS = 500;

/** Lets known callers into every API: within what they may use, and nobody in the name of a learner who was erased. */
@Injectable()
export class Admissions {
  constructor(
    private readonly quotas: Quotas,
    private readonly privacy: LearnerPrivacy,
  ) {}

  /** As `Quotas.admit`, for what may leave something about the learner.
   *  @throws AppError learner.erased; as `Quotas.admit` */
  async admit(subject: QuotaSubject, kind: AdmissionKind): Promise<() => void> {
    const fault = await this.faultOf(subject);
    if (!fault) return this.quotas.admit(subject, kind);
    // It counts towards the limits of the tenant and its key, and nothing new stands under the learner's name.
    const release = await this.quotas.admit({ ...subject, user: undefined }, kind);
    release();
    throw fault;
  }

  private async faultOf(subject: QuotaSubject): Promise<unknown> {
    if (subject.user === undefined) return undefined;
    try {
      await withDeadline(READ_LIMIT_MS, this.privacy.refuseErased(subject), () => undefined);
      return undefined;
    } catch (error) {
      return isAppError(error) && error.code === 'learner.erased' ? error : undefined;
    }
  }
}
