import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import type { TenantRequest } from '../auth/access.guard.js';
import { StoredTurns } from '../turns/stored-turns.service.js';

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
