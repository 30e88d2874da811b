import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { ulid } from 'ulid';
import { AppError } from '@parlance/errors';
import { OneTimeTokenRepository, type OneTimePurpose, type OneTimeToken } from '@parlance/persistence';
import { hashOf } from '../auth/key-format.js';

/** 256 bits: nobody guesses them, so that their SHA-256 hides them. */
const TOKEN_BYTES = 32;

/** What a new token is for. */
export interface NewToken {
  readonly tenant: string;
  readonly purpose: OneTimePurpose;
  readonly account?: string;
  readonly data?: OneTimeToken['data'];
  readonly lastsMs: number;
}

/** Tokens of 256 bits that are good for one use; the store has their hashes. */
@Injectable()
export class OneTimeTokens {
  constructor(private readonly tokens: OneTimeTokenRepository) {}

  /** @returns the token, which is told here alone */
  async make({ lastsMs, data = {}, ...rest }: NewToken, now = new Date()): Promise<string> {
    const token = randomBytes(TOKEN_BYTES).toString('base64url');
    const expiresAt = new Date(now.getTime() + lastsMs);
    await this.tokens.add({ hash: hashOf(token), ...rest, data, expiresAt }, now);
    return token;
  }

  /** Uses a token. @throws AppError auth.invalid_code where it is nobody's, for something else, used or expired */
  async use(token: string, purposes: readonly OneTimePurpose[], now = new Date()): Promise<OneTimeToken> {
    const used = await this.tokens.use(hashOf(token), purposes, ulid(), now);
    if (!used) throw invalidCode();
    return used;
  }

  /** What `use` would return, and it stays good. @throws AppError auth.invalid_code */
  async find(token: string, purposes: readonly OneTimePurpose[], now = new Date()): Promise<OneTimeToken> {
    const found = await this.tokens.find(hashOf(token), purposes, now);
    if (!found) throw invalidCode();
    return found;
  }
}

/** In the same words whatever is wrong with it. */
export function invalidCode(): AppError {
  return new AppError('auth.invalid_code', 'The code is not good, or not any more: ask for a new one.');
}
