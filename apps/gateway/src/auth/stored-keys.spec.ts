import { describe, expect, it, jest } from '@jest/globals';
import type { ApiKeyRecord, ApiKeyRepository } from '@parlance/persistence';
import { silentLogger } from '../../../../test/support/silent-logger.js';
import { newKey, prefixOf } from './key-format.js';
import { StoredKeys } from './stored-keys.service.js';

/** A key of acme that the store knows, and what counts the questions that the store is asked. */
function stored(changes: Partial<ApiKeyRecord> = {}) {
  const { key, prefix, hash } = newKey();
  const record: ApiKeyRecord = {
    ...{ id: '01J0000000000000000000000A', tenant: 'acme', prefix, hash, name: 'Shop' },
    ...{ role: 'service', scopes: ['speech'], createdAt: new Date() },
    ...changes,
  };
  const repository = {
    findByPrefix: jest.fn(async (asked: string) => (asked === prefix ? record : undefined)),
    recordUse: jest.fn(async (_tenant: string, _id: string, _now: Date, _intervalMs: number) => undefined),
  };
  return {
    key,
    record,
    repository,
    keys: new StoredKeys(repository as unknown as ApiKeyRepository, silentLogger),
  };
}

describe('a key that a tenant has made', () => {
  it('names its tenant, its role and its scopes', async () => {
    const { key, keys } = stored();
    expect(await keys.callerOf(key)).toEqual({
      ...{ tenant: 'acme', role: 'service', scopes: ['speech'], key: '01J0000000000000000000000A' },
      recheck: expect.any(Function),
    });
  });

  it('is found by its prefix for what it has signed, and by no other', async () => {
    const { key, keys } = stored();
    expect(await keys.callerByPrefix(prefixOf(key)!)).toMatchObject({ tenant: 'acme', scopes: ['speech'] });
    expect(await keys.callerByPrefix(prefixOf(newKey().key)!)).toBeUndefined();
    const revoked = stored({ revokedAt: new Date() });
    await expect(revoked.keys.callerByPrefix(revoked.record.prefix)).rejects.toMatchObject({
      code: 'auth.invalid_token',
    });
  });

  it('has a secret of 256 bits behind a prefix, and no two are alike', () => {
    const made = Array.from({ length: 100 }, newKey);
    expect(new Set(made.map(({ prefix }) => prefix)).size).toBe(100);
    for (const { key, prefix, hash } of made) {
      expect(prefixOf(key)).toBe(prefix);
      expect(Buffer.from(key.split('_').slice(2).join('_'), 'base64url')).toHaveLength(32);
      expect(hash).not.toContain(prefix);
    }
  });

  it('is nobody’s where its secret, its prefix or its form is another', async () => {
    const { key, keys, repository } = stored();
    const other = newKey().key;
    expect(await keys.callerOf(other)).toBeUndefined();
    expect(await keys.callerOf(`${key.slice(0, 20)}${other.slice(20)}`)).toBeUndefined();
    repository.findByPrefix.mockClear();
    for (const text of ['', 'pk_test', `${key}x`, key.toUpperCase(), 'pk_{"$gt":""}_x'])
      expect(await keys.callerOf(text)).toBeUndefined();
    expect(repository.findByPrefix).not.toHaveBeenCalled();
  });

  it('is refused by what is wrong with it when it was revoked or has expired', async () => {
    const past = new Date(Date.now() - 1_000);
    const revoked = stored({ revokedAt: past });
    await expect(revoked.keys.callerOf(revoked.key)).rejects.toMatchObject({ code: 'auth.invalid_token' });
    const expired = stored({ expiresAt: past });
    await expect(expired.keys.callerOf(expired.key)).rejects.toMatchObject({ code: 'auth.expired_token' });
  });

  it('that expires says when, so that what it has open ends then', async () => {
    const expiresAt = new Date(Date.now() + 60_000);
    const { key, keys } = stored({ expiresAt });
    expect(await keys.callerOf(key)).toMatchObject({ expiresAt: expiresAt.getTime() });
  });

  it('is looked up once for many requests, and again within 5 s', async () => {
    jest.useFakeTimers({ now: Date.now(), doNotFake: ['nextTick', 'queueMicrotask'] });
    try {
      // The clock of a process that has just begun stands at 0, which the cache counts as no time.
      jest.advanceTimersByTime(1_000);
      const { key, keys, repository } = stored();
      await Promise.all(Array.from({ length: 20 }, () => keys.callerOf(key)));
      expect(repository.findByPrefix).toHaveBeenCalledTimes(1);
      jest.advanceTimersByTime(4_900);
      await keys.callerOf(key);
      expect(repository.findByPrefix).toHaveBeenCalledTimes(2);
    } finally {
      jest.useRealTimers();
    }
  });

  it('has its use noted at most once a minute', async () => {
    const { key, keys, repository } = stored();
    const start = new Date();
    for (let second = 0; second < 3; second += 1)
      await keys.callerOf(key, new Date(start.getTime() + second * 1_000));
    expect(repository.recordUse).toHaveBeenCalledTimes(1);
    const lately = stored({ lastUsedAt: new Date(start.getTime() - 59_000) });
    await lately.keys.callerOf(lately.key, start);
    expect(lately.repository.recordUse).not.toHaveBeenCalled();
    await lately.keys.callerOf(lately.key, new Date(start.getTime() + 2_000));
    expect(lately.repository.recordUse).toHaveBeenCalledTimes(1);
  });

  it('lets its caller in also where its use cannot be noted', async () => {
    const { key, keys, repository } = stored();
    repository.recordUse.mockRejectedValue(new Error('away'));
    expect(await keys.callerOf(key)).toMatchObject({ tenant: 'acme' });
  });

  it('cannot be judged while the store is away, and is no wrong key then', async () => {
    const { key, keys, repository } = stored();
    repository.findByPrefix.mockRejectedValueOnce(
      Object.assign(new Error('away'), { code: 'store.unavailable' }),
    );
    await expect(keys.callerOf(key)).rejects.toMatchObject({ code: 'store.unavailable' });
    expect(await keys.callerOf(key)).toMatchObject({ tenant: 'acme' });
  });
});
