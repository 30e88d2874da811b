import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { Request, Response } from 'express';
import { principalSchema, ROLES, type Principal, type Role, type Scope } from '@parlance/contracts';
import { AppError, clientGone } from '@parlance/errors';
import { Authenticator } from './authenticator.service.js';
import { atExpiry, requireRole, requireScope, type Caller } from './caller.js';
import { TenantSlots } from './tenant-slots.service.js';

/** Names the user whom a request with an API key is for. */
export const USER_HEADER = 'x-parlance-user';

/** A request whose caller is known. */
export interface TenantRequest extends Request {
  tenant: string;
  /** The tenant with the user, where a token or a header names one: the request then sees that user's sessions only. */
  principal: Principal;
  caller: Caller;
}

/** What a route needs of its caller: a scope, `sessions` where it does not say, and one of some roles. */
export interface Needs {
  readonly scope?: Scope;
  readonly roles?: readonly Role[];
}

/** Says what a route, or every route of a controller, needs of its caller. */
export const Needs = Reflector.createDecorator<Needs>();

/** Lets known tenants and users through, by API key or access token, within their tenant's number of open requests. */
@Injectable()
export class AccessGuard implements CanActivate {
  constructor(
    private readonly authenticator: Authenticator,
    private readonly slots: TenantSlots,
    private readonly reflector: Reflector,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<TenantRequest>();
    const response = context.switchToHttp().getResponse<Response>();
    // An answer is for its tenant only: no proxy may store it.
    response.setHeader('cache-control', 'no-store');
    const caller = await this.authenticator.authenticateHeader(request.headers.authorization);
    const { scope = 'sessions', roles = ROLES } = this.needsOf(context);
    requireScope(caller, scope);
    requireRole(caller, roles);
    request.caller = caller;
    request.principal = actingFor(caller, request.get(USER_HEADER));
    request.tenant = caller.tenant;
    // The client may have left while its token was verified: nothing would release the slot.
    if (response.destroyed) throw clientGone();
    response.once('close', this.slots.acquire(caller.tenant));
    // An answer under way does not outlive the key or log-in; it may outlast the time of a token that was good when it began.
    const { tenant, role, recheck } = caller;
    if (recheck)
      response.once(
        'close',
        atExpiry({ tenant, role, recheck }, () => response.destroy()),
      );
    return true;
  }

  private needsOf(context: ExecutionContext): Needs {
    return this.reflector.getAllAndOverride(Needs, [context.getHandler(), context.getClass()]) ?? {};
  }
}

/**
 * The caller, acting for the user whom a request names.
 * @param user  undefined where the request names nobody
 * @throws AppError request.invalid for what is no user's id, auth.forbidden where a user's token names another user
 */
export function actingFor(caller: Principal, user: string | undefined): Principal {
  const { tenant, user: own } = caller;
  if (user === undefined || user === own) return own === undefined ? { tenant } : { tenant, user: own };
  if (own !== undefined)
    throw new AppError('auth.forbidden', 'The access token is of another user than the request names.');
  const named = principalSchema.safeParse({ tenant, user });
  if (!named.success) throw new AppError('request.invalid', 'user: must have 1 to 200 characters');
  return named.data;
}
