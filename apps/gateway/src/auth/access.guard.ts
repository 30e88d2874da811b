import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { Request, Response } from 'express';
import { principalSchema, ROLES, type Principal, type Role, type Scope } from '@parlance/contracts';
import { AppError, clientGone } from '@parlance/errors';
import { Admissions } from './admissions.service.js';
import { Authenticator } from './authenticator.service.js';
import { atExpiry, requireRole, requireScope, type Caller } from './caller.js';
import { rateLimitHeaders } from '../quotas/quota-state.js';
import { quotaSubjectOf, type QuotaSubject } from '../quotas/quota-subject.js';
import { Quotas } from '../quotas/quotas.service.js';

/** Names the user whom a request with an API key is for. */
export const USER_HEADER = 'x-parlance-user';

/** A request whose caller is known. */
export interface TenantRequest extends Request {
  tenant: string;
  /** The tenant with the user, where a token or a header names one: the request then sees that user's sessions only. */
  principal: Principal;
  caller: Caller;
  /** Whom usage is counted for. */
  subject: QuotaSubject;
}

/** What a route needs of its caller: a scope, `sessions` where it does not say, and one of some roles. */
export interface Needs {
  readonly scope?: Scope;
  readonly roles?: readonly Role[];
  /** Whether it is also for learners who were erased. */
  readonly evenErased?: boolean;
}

/** Methods by which nothing is written; a deletion leaves nothing either. */
const LEAVING_NOTHING: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'DELETE']);

/** Says what a route, or every route of a controller, needs of its caller. */
export const Needs = Reflector.createDecorator<Needs>();

/** Lets known tenants and users through, by API key or access token, within what their tenant, key and learner may use. */
@Injectable()
export class AccessGuard implements CanActivate {
  constructor(
    private readonly authenticator: Authenticator,
    private readonly quotas: Quotas,
    private readonly admissions: Admissions,
    private readonly reflector: Reflector,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<TenantRequest>();
    const response = context.switchToHttp().getResponse<Response>();
    // An answer is for its tenant only: no proxy may store it.
    response.setHeader('cache-control', 'no-store');
    const caller = await this.authenticator.authenticateHeader(request.headers.authorization);
    const { scope = 'sessions', roles = ROLES, evenErased = false } = this.needsOf(context);
    requireScope(caller, scope);
    requireRole(caller, roles);
    request.caller = caller;
    request.principal = actingFor(caller, request.get(USER_HEADER));
    request.tenant = caller.tenant;
    request.subject = quotaSubjectOf(caller, request.principal);
    const leavesNothing = evenErased || LEAVING_NOTHING.has(request.method);
    await this.admit(request.subject, response, leavesNothing ? this.quotas : this.admissions);
    // An answer under way does not outlive the key or log-in; it may outlast the time of a token that was good when it began.
    const { tenant, role, recheck } = caller;
    if (recheck)
      response.once(
        'close',
        atExpiry({ tenant, role, recheck }, () => response.destroy()),
      );
    return true;
  }

  private async admit(subject: QuotaSubject, response: Response, by: Pick<Quotas, 'admit'>): Promise<void> {
    try {
      const release = await by.admit(subject, 'request');
      response.once('close', release);
      // The client may have left meanwhile: nothing else would release the slot.
      if (response.destroyed) {
        release();
        throw clientGone();
      }
    } finally {
      // Who is refused is told as well what is left.
      for (const [name, value] of Object.entries(rateLimitHeaders(await this.quotas.states(subject))))
        if (!response.headersSent) response.setHeader(name, value);
    }
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
