import { Injectable } from '@nestjs/common';
import { AppError } from '@parlance/errors';
import { MessageBus, type DeadLetter } from '@parlance/messaging';
import type { Caller } from '../../auth/caller.js';
import { parseRequest } from '../request-fields.js';
import { deadLetterPageSchema, sequenceSchema } from './dead-letters.schema.js';

/** Dead letters that are read for one page: those of all tenants lie in one stream. */
const MOST_READ = 500;

/** Dead letters over HTTP: a tenant's own; every tenant's for whoever manages the installation. What people said stays out of it. */
@Injectable()
export class DeadLetterRequests {
  constructor(private readonly bus: MessageBus) {}

  /** Oldest first. A page may have fewer than its limit, and still a `next_cursor`: it looks through so many letters at most. */
  async page(caller: Caller, query: unknown) {
    const { limit, cursor } = parseRequest(deadLetterPageSchema, query);
    const found: DeadLetter[] = [];
    let read = 0;
    for await (const letter of this.bus.deadLetters.list(cursor)) {
      read += 1;
      if (maySee(caller, letter)) found.push(letter);
      if (found.length === limit || read === MOST_READ)
        return { dead_letters: found.map(viewOf), next_cursor: String(letter.sequence) };
    }
    return { dead_letters: found.map(viewOf), next_cursor: null };
  }

  /** Publishes the work again. @throws AppError request.not_found, request.invalid where it does not fit its schema */
  async retry(caller: Caller, id: string) {
    const { sequence } = await this.get(caller, id);
    return viewOf(await this.bus.deadLetters.requeue(sequence));
  }

  /** The work is never done. @throws AppError request.not_found */
  async discard(caller: Caller, id: string) {
    const letter = await this.get(caller, id);
    await this.bus.deadLetters.discard(letter.sequence);
    return viewOf(letter);
  }

  /** One that the caller may see; another tenant's is not there. @throws AppError request.not_found */
  private async get(caller: Caller, id: string): Promise<DeadLetter> {
    const parsed = sequenceSchema.safeParse(id);
    const letter = parsed.success ? await this.find(parsed.data) : undefined;
    if (!letter || !maySee(caller, letter)) throw notFound();
    return letter;
  }

  private async find(sequence: number): Promise<DeadLetter | undefined> {
    try {
      return await this.bus.deadLetters.get(sequence);
    } catch (error) {
      if (error instanceof AppError && error.code === 'request.not_found') return undefined;
      throw error;
    }
  }
}

function maySee({ tenant, managesInstallation }: Caller, { identity }: DeadLetter): boolean {
  return managesInstallation === true || identity.tenant === tenant;
}

function notFound(): AppError {
  return new AppError('request.not_found', 'There is no such dead letter (any more).');
}

function viewOf(letter: DeadLetter) {
  const { sequence, subject, failedAt, deliveries, code, message, identity, traceId, payload } = letter;
  return {
    id: String(sequence),
    tenant: identity.tenant ?? '',
    session: identity.session ?? null,
    turn: identity.turn ?? null,
    subject,
    failed_at: failedAt.toISOString(),
    deliveries,
    code,
    message,
    trace: traceId || null,
    retryable: payload !== undefined,
  };
}
