import { describe, expect, it } from '@jest/globals';
import { gatewaySchema } from '../gateway.config.js';

const SECRET = 'a secret of 32 characters or more';
const faultsOf = (environment: Readonly<Record<string, string>>) =>
  gatewaySchema
    .safeParse({ PARLANCE_ACCOUNTS: 'true', ...environment })
    .error?.issues.map(({ path, message }) => `${path.join('.')} ${message}`);

describe('the configuration of accounts', () => {
  it('is refused by name where nothing could sign their tokens', () => {
    expect(faultsOf({})).toEqual([
      'PARLANCE_SIGNING_SECRET must be set, or PARLANCE_SIGNING_KEY_FILES, with PARLANCE_ACCOUNTS',
    ]);
    expect(faultsOf({ PARLANCE_SIGNING_SECRET: SECRET })).toBeUndefined();
    expect(faultsOf({ PARLANCE_ACCOUNTS: 'false' })).toBeUndefined();
  });

  it('names what is wrong, and never shows a secret or what a file holds', () => {
    expect(faultsOf({ PARLANCE_SIGNING_SECRET: 'short' })).toEqual([
      'PARLANCE_SIGNING_SECRET must have 32 characters at least',
    ]);
    expect(faultsOf({ PARLANCE_SIGNING_KEY_FILES: '/nowhere.pem,package.json' })).toEqual([
      'PARLANCE_SIGNING_KEY_FILES entry 1 must be a readable PEM file with a private key of Ed25519 or P-256',
      'PARLANCE_SIGNING_KEY_FILES entry 2 must be a readable PEM file with a private key of Ed25519 or P-256',
    ]);
    expect(faultsOf({ PARLANCE_SIGNING_SECRET: SECRET, PARLANCE_TRUSTED_PROXIES: 'everybody' })).toEqual([
      'PARLANCE_TRUSTED_PROXIES.0 must be addresses or networks',
    ]);
  });

  it('is refused where another issuer of tokens has the same name', () => {
    expect(faultsOf({ PARLANCE_SIGNING_SECRET: SECRET, PARLANCE_JWT_ISSUER: 'parlance' })).toEqual([
      'PARLANCE_ACCOUNTS_ISSUER must be another than PARLANCE_JWT_ISSUER',
    ]);
  });
});
