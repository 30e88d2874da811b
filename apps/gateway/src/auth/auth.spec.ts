import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { gatewaySchema } from '../gateway.config.js';
import { ApiKeys } from './api-keys.service.js';
import { TenantSlots } from './tenant-slots.service.js';

const hashOf = (key: string): Buffer => createHash('sha256').update(key).digest();
const codeOf = (work: () => unknown): unknown => {
  try {
    work();
    return 'none';
  } catch (error) {
    return (error as { code: unknown }).code;
  }
};

describe('API keys', () => {
  const keys = new ApiKeys({
    tenants: {
      keys: [
        { tenant: 'acme', hash: hashOf('one') },
        { tenant: 'globex', hash: hashOf('two') },
      ],
      maxOpenRequests: 1,
    },
  });

  it('tell the tenant, in either of the usual schemes', () => {
    expect(keys.authenticateHeader('Bearer one')).toBe('acme');
    expect(keys.authenticateHeader('token two')).toBe('globex');
    expect(keys.authenticate('two')).toBe('globex');
  });

  it('a missing, an unknown and a misplaced key have their codes', () => {
    expect(codeOf(() => keys.authenticateHeader(undefined))).toBe('auth.missing_token');
    expect(codeOf(() => keys.authenticateHeader('Bearer three'))).toBe('auth.invalid_token');
    expect(codeOf(() => keys.authenticateHeader('Basic b25l'))).toBe('auth.invalid_token');
  });

  it('are read from configuration as hashes, every malformed one being named by its place', () => {
    const good = `acme:${hashOf('one').toString('hex')}`;
    const read = gatewaySchema.parse({ PARLANCE_API_KEYS: good });
    expect(new ApiKeys(read).authenticate('one')).toBe('acme');
    const bad = gatewaySchema.safeParse({ PARLANCE_API_KEYS: `${good},acme:one,ACME:${good.slice(5)}` });
    expect(bad.error?.issues.map(({ message }) => message)).toEqual([
      'entry 2 must read tenant:sha256hex',
      'entry 3 must read tenant:sha256hex',
    ]);
  });
});

describe('places of a tenant', () => {
  it('are counted for each tenant and given back once', () => {
    const slots = new TenantSlots({ tenants: { keys: [], maxOpenRequests: 1 } });
    const release = slots.acquire('acme');
    slots.acquire('globex');
    expect(codeOf(() => slots.acquire('acme'))).toBe('quota.exceeded');
    release();
    release();
    slots.acquire('acme');
    expect(codeOf(() => slots.acquire('acme'))).toBe('quota.exceeded');
  });
});
