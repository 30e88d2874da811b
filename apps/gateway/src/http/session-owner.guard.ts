import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { AppError } from '@parlance/errors';
import { SessionRepository } from '@parlance/persistence';
import type { TenantRequest } from '../auth/access.guard.js';

/** Keeps a user's token away from what is not that user's: `:id` is a session of theirs, `:user` is they themselves. */
@Injectable()
export class SessionOwnerGuard implements CanActivate {
  constructor(private readonly sessions: SessionRepository) {}

  /** @throws AppError session.not_found, auth.forbidden */
  async canActivate(context: ExecutionContext): Promise<boolean> {
    const { caller, params } = context.switchToHttp().getRequest<TenantRequest>();
    const { tenant, user } = caller;
    if (user === undefined) return true;
    if (params.user !== undefined && params.user !== user)
      throw new AppError('auth.forbidden', 'The access token is of another user than the request names.');
    if (params.id !== undefined) await this.sessions.getFor({ tenant, user }, String(params.id));
    return true;
  }
}
