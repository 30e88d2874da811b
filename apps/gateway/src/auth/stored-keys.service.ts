import { timingSafeEqual } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { ApiKeyRepository, type ApiKeyRecord } from '@parlance/persistence';
import { AppError } from '@parlance/errors';
import { LOGGER, type Logger } from '@parlance/telemetry';
import type { Caller } from './caller.js';
import { prefixOf, sha256 } from './key-format.js';

/** A key that is revoked is refused everywhere once this has passed. */
const CACHE_MS = 3_000;
const MOST_CACHED = 10_000;
const USE_INTERVAL_MS = 60_000;

/** What the store said of a prefix; a prefix of nobody is remembered as well. */
interface Found {
  readonly record: ApiKeyRecord | undefined;
}

/** Knows the keys that tenants have made. What the store says is used for a moment, by one question for all who ask meanwhile. */
@Injectable()
export class StoredKeys {
  private readonly found: LRUCache<string, Found>;

  constructor(
    private readonly keys: ApiKeyRepository,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    this.found = new LRUCache<string, Found>({
      max: MOST_CACHED,
      ttl: CACHE_MS,
      // Read when it is asked, so that a test's clock is the cache's.
      perf: { now: () => performance.now() },
      // Who asks while the answer is forgotten gets what was read; it is not kept.
      ignoreFetchAbort: true,
      fetchMethod: async (prefix) => ({ record: await keys.findByPrefix(prefix) }),
    });
  }

  /**
   * The caller whose key this is; undefined where it is nobody's.
   * @throws AppError auth.invalid_token of a key that is revoked, auth.expired_token; store.unavailable
   */
  async callerOf(key: string, now = new Date()): Promise<Caller | undefined> {
    const prefix = prefixOf(key);
    if (prefix === undefined) return undefined;
    const record = (await this.found.fetch(prefix))?.record;
    if (!record || !timingSafeEqual(Buffer.from(record.hash, 'hex'), sha256(key))) return undefined;
    return this.callerBy(record, now);
  }

  /** As `callerOf`, for who has something that the key has signed for, and not the key. */
  async callerByPrefix(prefix: string, now = new Date()): Promise<Caller | undefined> {
    const record = (await this.found.fetch(prefix))?.record;
    return record && this.callerBy(record, now);
  }

  private callerBy(record: ApiKeyRecord, now: Date): Caller {
    const { id, tenant, prefix, role, scopes, revokedAt, expiresAt, limits } = record;
    if (revokedAt) throw revoked();
    if (expiresAt && expiresAt <= now) throw expired();
    this.recordUse(record, now);
    return {
      ...{ tenant, role, scopes, key: id },
      ...(limits ? { keyLimits: limits } : {}),
      ...(expiresAt ? { expiresAt: expiresAt.getTime() } : {}),
      recheck: () => this.recheck(prefix),
    };
  }

  private async recheck(prefix: string): Promise<void> {
    const record = (await this.found.fetch(prefix))?.record;
    if (!record || record.revokedAt) throw revoked();
    // One that is replaced ends sooner than it did when it opened what is open.
    if (record.expiresAt && record.expiresAt.getTime() <= Date.now()) throw expired();
  }

  /** Forgets what was said of a key, for a change that was made here. */
  forget(prefix: string): void {
    this.found.delete(prefix);
  }

  /** Nobody waits for it, and a use that is not noted keeps nobody out. */
  private recordUse({ tenant, id, prefix, lastUsedAt }: ApiKeyRecord, now: Date): void {
    if (lastUsedAt && now.getTime() - lastUsedAt.getTime() < USE_INTERVAL_MS) return;
    const entry = this.found.get(prefix);
    if (entry?.record)
      this.found.set(
        prefix,
        { record: { ...entry.record, lastUsedAt: now } },
        { ttl: this.found.getRemainingTTL(prefix) },
      );
    this.keys.recordUse(tenant, id, now, USE_INTERVAL_MS).catch((error: unknown) => {
      this.logger.warn({ err: error, tenant }, 'the use of a key could not be noted');
    });
  }
}

function revoked(): AppError {
  return new AppError('auth.invalid_token', 'The key was revoked.');
}

function expired(): AppError {
  return new AppError('auth.expired_token', 'The key has expired: make a new one.');
}
