import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { AppError } from '@parlance/errors';
import { SessionRepository } from '@parlance/persistence';
import type { TenantRequest } from '../auth/access.guard.js';
import { StoredTurns } from '../turns/stored-turns.service.js';

/** Keeps a user, by a token or named with a key, away from what is not that user's: `:id` is a session of theirs, `:user` is they themselves. */
@Injectable()
export class SessionOwnerGuard implements CanActivate {
  constructor(private readonly sessions: SessionRepository) {}

  /** @throws AppError session.not_found, auth.forbidden */
  async canActivate(context: ExecutionContext): Promise<boolean> {
    const { principal, params } = context.switchToHttp().getRequest<TenantRequest>();
    const { tenant, user } = principal;
    if (user === undefined) return true;
    if (params.user !== undefined && params.user !== user)
      throw new AppError(
        'auth.forbidden',
        'The request is for another user than the one whose data it names.',
      );
    if (params.id !== undefined) await this.sessions.getFor({ tenant, user }, String(params.id));
    return true;
  }
}

/** Keeps a user away from what other users of the tenant said: `:id` is a turn of a session that the caller may see. */
@Injectable()
export class TurnOwnerGuard implements CanActivate {
  constructor(private readonly turns: StoredTurns) {}

  /** @throws AppError turn.not_found */
  async canActivate(context: ExecutionContext): Promise<boolean> {
    const { principal, params } = context.switchToHttp().getRequest<TenantRequest>();
    if (principal.user !== undefined) await this.turns.getFor(principal, String(params.id));
    return true;
  }
}
