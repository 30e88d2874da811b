import { Injectable } from '@nestjs/common';
import { principalSchema } from '@parlance/contracts';
import { AppError } from '@parlance/errors';
import { LearnerLimitsRepository } from '@parlance/persistence';
import { requireOwner, type Caller } from '../auth/caller.js';
import { learnerLimitsSchema } from '../http/usage.schema.js';
import { parseRequest } from '../http/request-fields.js';
import { LearnerPrivacy } from '../privacy/learner-privacy.service.js';
import { QuotaLimits } from './quota-limits.service.js';

/** Limits of single learners, in the place of those for all learners of the tenant. */
@Injectable()
export class LearnerLimits {
  constructor(
    private readonly learners: LearnerLimitsRepository,
    private readonly limits: QuotaLimits,
    private readonly privacy: LearnerPrivacy,
  ) {}

  /** @returns version 0 where the learner has none of its own */
  async find({ tenant }: Caller, user: string) {
    return (await this.learners.find(tenant, userOf(tenant, user))) ?? { user, limits: {}, version: 0 };
  }

  /** @throws AppError request.invalid, auth.forbidden, learner.erased, request.conflict, quota.exceeded */
  async put(caller: Caller, user: string, body: unknown) {
    const { version, limits } = parseRequest(learnerLimitsSchema, body);
    requireOwner(caller);
    const { tenant } = caller;
    await this.privacy.refuseErased({ tenant, user });
    const now = await this.learners.put(tenant, userOf(tenant, user), version, limits);
    this.limits.forget(tenant, user);
    return now;
  }

  /** @throws AppError auth.forbidden */
  async delete(caller: Caller, user: string): Promise<void> {
    requireOwner(caller);
    await this.learners.delete(caller.tenant, userOf(caller.tenant, user));
    this.limits.forget(caller.tenant, user);
  }
}

function userOf(tenant: string, user: string): string {
  const named = principalSchema.safeParse({ tenant, user });
  if (!named.success) throw new AppError('request.invalid', 'user: must have 1 to 200 characters');
  return user;
}
