import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { gatewaySchema } from '../gateway.config.js';
import { AccessTokens } from './access-tokens.service.js';
import { ApiKeys } from './api-keys.service.js';
import { Authenticator } from './authenticator.service.js';
import type { OwnTokens } from './own-tokens.service.js';
import type { StoredKeys } from './stored-keys.service.js';
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
      managing: 'globex',
      maxOpenRequests: 1,
    },
  });

  const noStoredKeys = { callerOf: async () => undefined } as unknown as StoredKeys;
  const noOwnTokens = { isIssuer: () => false } as unknown as OwnTokens;
  const { tokens } = gatewaySchema.parse({});
  const authenticator = new Authenticator(keys, noStoredKeys, new AccessTokens({ tokens }, noOwnTokens));
  const authenticated = (header: string | undefined) => authenticator.authenticateHeader(header);

  it('tell the tenant, in either of the usual schemes', async () => {
    expect(await authenticated('Bearer one')).toEqual({
      ...{ tenant: 'acme', role: 'owner', key: 'configured' },
    });
    expect(await authenticated('token two')).toEqual({
      tenant: 'globex',
      role: 'owner',
      key: 'configured',
      managesInstallation: true,
    });
    expect(await authenticator.authenticate('two')).toEqual({
      tenant: 'globex',
      role: 'owner',
      key: 'configured',
      managesInstallation: true,
    });
  });

  it('a missing, an unknown and a misplaced key have their codes', async () => {
    await expect(authenticated(undefined)).rejects.toMatchObject({ code: 'auth.missing_token' });
    await expect(authenticated('Bearer three')).rejects.toMatchObject({ code: 'auth.invalid_token' });
    await expect(authenticated('Basic b25l')).rejects.toMatchObject({ code: 'auth.invalid_token' });
  });

  it('are read from configuration as hashes, every malformed one being named by its place', () => {
    const good = `acme:${hashOf('one').toString('hex')}`;
    const read = gatewaySchema.parse({ PARLANCE_API_KEYS: good });
    expect(new ApiKeys(read).callerOf('one')?.tenant).toBe('acme');
    const bad = gatewaySchema.safeParse({ PARLANCE_API_KEYS: `${good},acme:one,ACME:${good.slice(5)}` });
    expect(bad.error?.issues.map(({ message }) => message)).toEqual([
      'entry 2 must read tenant:sha256hex',
      'entry 3 must read tenant:sha256hex',
    ]);
  });
});

describe('places of a tenant', () => {
  it('are counted for each tenant and given back once', () => {
    const slots = new TenantSlots({ tenants: { keys: [], managing: undefined, maxOpenRequests: 1 } });
    const release = slots.acquire('acme');
    slots.acquire('globex');
    expect(codeOf(() => slots.acquire('acme'))).toBe('quota.exceeded');
    release();
    release();
    slots.acquire('acme');
    expect(codeOf(() => slots.acquire('acme'))).toBe('quota.exceeded');
  });
});
