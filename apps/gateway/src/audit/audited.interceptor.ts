import {
  applyDecorators,
  Injectable,
  UseInterceptors,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { Response } from 'express';
import { catchError, mergeMap, type Observable } from 'rxjs';
import type { AuditEvent } from '@parlance/contracts';
import type { TenantRequest } from '../auth/access.guard.js';
import { AuditLog, type AuditedAct } from './audit-log.service.js';

/** A request that was answered. */
export interface AnsweredRequest {
  readonly params: Readonly<Record<string, string>>;
  readonly body: Readonly<Record<string, unknown>>;
  /** Whom the request is for, where a token or a header says so. */
  readonly user: string | undefined;
  // The answers of many routes; a rule names the fields that it reads.
  readonly answer: never;
}

/** What a route that was answered leaves in the audit log. */
export interface AuditRule {
  readonly action: string;
  readonly target?: (request: AnsweredRequest) => AuditEvent['target'];
  /** Whose log it is, where it is not the caller's tenant's. */
  readonly tenant?: (request: AnsweredRequest) => string;
  /** Who calls, where no key or access token says so; undefined: nothing was done. */
  readonly caller?: (request: AnsweredRequest) => Pick<AuditedAct, 'tenant' | 'user' | 'role'> | undefined;
  /** Codes and numbers alone: nothing secret, nothing that people wrote. */
  readonly details?: (request: AnsweredRequest) => AuditEvent['details'];
  /** The answer was for the log alone. */
  readonly isSilent?: boolean;
  /** What is told stands in the log as well where it was cut off: whoever got a part has it. */
  readonly evenCutOff?: boolean;
}

const Rule = Reflector.createDecorator<AuditRule>();

/** Writes a route's calls that succeed to the tenant's audit log. A call that cannot be written down fails, though it was done. */
export const Audited = (rule: AuditRule): MethodDecorator =>
  applyDecorators(Rule(rule), UseInterceptors(AuditInterceptor));

/** What `Audited` routes pass. */
@Injectable()
export class AuditInterceptor implements NestInterceptor {
  constructor(
    private readonly log: AuditLog,
    private readonly reflector: Reflector,
  ) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const rule = this.reflector.get(Rule, context.getHandler());
    const request = context.switchToHttp().getRequest<TenantRequest>();
    const response = context.switchToHttp().getResponse<Response>();
    return next.handle().pipe(
      mergeMap(async (answer: unknown) => {
        await this.write(rule, request, answer);
        return rule.isSilent ? undefined : answer;
      }),
      catchError(async (error: unknown) => {
        if (rule.evenCutOff && response.headersSent) await this.writeCutOff(rule, request);
        throw error;
      }),
    );
  }

  /** The fault that has cut it off is the one to be told; that it could not be written is in the process' log. */
  private async writeCutOff(rule: AuditRule, request: TenantRequest): Promise<void> {
    const details = (answered: AnsweredRequest) => ({ ...rule.details?.(answered), cutOff: true });
    await this.write({ ...rule, details }, request, undefined).catch(() => undefined);
  }

  private async write(rule: AuditRule, request: TenantRequest, answer: unknown): Promise<void> {
    const { params, ip, caller, principal } = request;
    const { user } = principal ?? {};
    const answered = { params, body: request.body ?? {}, user, answer } as AnsweredRequest;
    const by = caller
      ? { tenant: caller.tenant, role: caller.role, key: caller.key, user }
      : rule.caller?.(answered);
    if (!by) return;
    await this.log.write({
      ...by,
      ...{ tenant: rule.tenant?.(answered) ?? by.tenant, action: rule.action, address: ip },
      ...{ target: rule.target?.(answered), details: rule.details?.(answered) },
    });
  }
}
