import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import type { Request, Response } from 'express';
import { ApiKeys } from './api-keys.service.js';
import { TenantSlots } from './tenant-slots.service.js';

/** A request whose caller is known. */
export interface TenantRequest extends Request {
  tenant: string;
}

/** Lets known tenants through, within their number of open requests. */
@Injectable()
export class ApiKeyGuard implements CanActivate {
  constructor(
    private readonly keys: ApiKeys,
    private readonly slots: TenantSlots,
  ) {}

  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<TenantRequest>();
    const response = context.switchToHttp().getResponse<Response>();
    // An answer is for its tenant only: no proxy may store it.
    response.setHeader('cache-control', 'no-store');
    request.tenant = this.keys.authenticateHeader(request.headers.authorization);
    const release = this.slots.acquire(request.tenant);
    response.once('close', release);
    return true;
  }
}
