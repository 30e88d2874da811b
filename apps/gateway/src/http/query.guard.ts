import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { Request } from 'express';
import { unknownOptions } from './request-fields.js';

/** Taken without effect everywhere: clients made for another service of OpenAI's API send it. */
const IGNORED_PARAMETERS = ['api-version'];

const Parameters = Reflector.createDecorator<readonly string[]>();

/** Names of the query parameters that a route reads; without it, a route has none. */
export const QueryParameters = (...names: readonly string[]): MethodDecorator => Parameters(names);

/** Refuses by its name a query parameter that would have no effect. */
@Injectable()
export class QueryGuard implements CanActivate {
  constructor(private readonly reflector: Reflector) {}

  canActivate(context: ExecutionContext): boolean {
    const { query } = context.switchToHttp().getRequest<Request>();
    const known = [...(this.reflector.get(Parameters, context.getHandler()) ?? []), ...IGNORED_PARAMETERS];
    const unknown = Object.keys(query).filter((name) => !known.includes(name));
    if (unknown.length > 0) throw unknownOptions(unknown);
    return true;
  }
}
