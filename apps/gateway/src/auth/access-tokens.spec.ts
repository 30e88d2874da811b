import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { exportJWK, exportSPKI, generateKeyPair, UnsecuredJWT, type CryptoKey } from 'jose';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  accessToken,
  JWT_SECRETS,
  JWT_SECRETS_VARIABLE,
  secondsFromNow,
} from '../../../../test/support/access-token.js';
import { gatewaySchema } from '../gateway.config.js';
import { AccessTokens } from './access-tokens.service.js';
import { actingFor } from './access.guard.js';
import type { OwnTokens } from './own-tokens.service.js';

/** An installation without accounts. */
const noOwnTokens = { isIssuer: () => false } as unknown as OwnTokens;
const tokensWith = (environment: Readonly<Record<string, string>>) =>
  new AccessTokens(gatewaySchema.parse(environment), noOwnTokens);
const faultsOf = (environment: Readonly<Record<string, string>>) =>
  gatewaySchema
    .safeParse(environment)
    .error?.issues.map(({ path, message }) => `${path.join('.')} ${message}`);

const refusedAs = (code: string, message?: string) =>
  expect.objectContaining({ code, ...(message ? { message: expect.stringContaining(message) } : {}) });

const callerOf = (user: string, tenant = 'acme') => ({
  tenant,
  user,
  role: 'learner',
  expiresAt: expect.any(Number),
});

describe('an access token signed with a shared secret', () => {
  const tokens = tokensWith({ PARLANCE_JWT_SECRETS: JWT_SECRETS_VARIABLE });

  it('names its tenant and its user', async () => {
    expect(await tokens.verify(await accessToken('ada'))).toEqual(callerOf('ada'));
    const other = await accessToken('bob', { tenant: 'globex' });
    expect(await tokens.verify(other)).toEqual(callerOf('bob', 'globex'));
  });

  it('tells when its user logged in by auth_time alone: a token that was renewed is no log-in', async () => {
    const since = secondsFromNow(-600);
    const told = await tokens.verify(await accessToken('ada', { claims: { auth_time: since } }));
    expect(told).toEqual({ ...callerOf('ada'), loggedInAt: since * 1_000 });
    for (const claims of [{ iat: secondsFromNow(0) }, { auth_time: 'now' }])
      expect(await tokens.verify(await accessToken('ada', { claims }))).toEqual(callerOf('ada'));
  });

  it.each([
    ['has expired', { exp: secondsFromNow(-60) }, 'auth.expired_token', 'expired'],
    ['is not valid yet', { nbf: secondsFromNow(60) }, 'auth.invalid_token', 'not valid yet'],
    ['does not expire', { exp: undefined }, 'auth.invalid_token', '"exp"'],
    ['names no user', { sub: undefined }, 'auth.invalid_token', '"sub"'],
    ['has an empty user', { sub: '' }, 'auth.invalid_token', '"sub"'],
    ['has a user too long', { sub: 'x'.repeat(201) }, 'auth.invalid_token', '"sub"'],
    ['names no tenant', { tenant: undefined }, 'auth.invalid_token', ''],
    ['names a tenant that is no text', { tenant: { $ne: '' } }, 'auth.invalid_token', ''],
    ['has a date that is no number', { exp: 'tomorrow' }, 'auth.invalid_token', '"exp"'],
  ])('is refused when it %s', async (_, claims, code, message) => {
    const token = await accessToken('ada', { claims });
    await expect(tokens.verify(token)).rejects.toEqual(refusedAs(code, message));
  });

  it('is refused when another tenant has signed it, or nobody known', async () => {
    const foreign = await accessToken('ada', { tenant: 'acme', key: JWT_SECRETS.globex });
    await expect(tokens.verify(foreign)).rejects.toEqual(refusedAs('auth.invalid_token', 'not signed'));
    const unknown = await accessToken('ada', {
      tenant: 'initech',
      key: 'a secret of nobody here, long enough',
    });
    await expect(tokens.verify(unknown)).rejects.toEqual(refusedAs('auth.invalid_token', 'not signed'));
  });

  it('is refused when its claims or signature were changed, or it is not signed at all', async () => {
    const [header = '', , signature = ''] = (await accessToken('ada')).split('.');
    const [, claims = ''] = (await accessToken('root')).split('.');
    await expect(tokens.verify(`${header}.${claims}.${signature}`)).rejects.toEqual(
      refusedAs('auth.invalid_token'),
    );
    const unsigned = new UnsecuredJWT({ sub: 'ada', tenant: 'acme', exp: secondsFromNow(60) }).encode();
    for (const token of [unsigned, `${header}.${claims}.`, `${header.replace(/.$/, '')}.${claims}.x`])
      await expect(tokens.verify(token)).rejects.toEqual(refusedAs('auth.invalid_token'));
  });

  it.each([
    ['what is no JWT', 'pk_of_nobody'],
    ['empty parts', '..'],
    ['parts that are no JSON', 'YQ.YQ.YQ'],
    ['JSON that is no object', 'MQ.MQ.MQ'],
    ['bytes beyond any token', `${'e'.repeat(9_000)}.e.e`],
  ])('is refused when it is %s', async (_, token) => {
    await expect(tokens.verify(token)).rejects.toEqual(refusedAs('auth.invalid_token'));
  });

  it('may be signed with either of two secrets, while one replaces the other', async () => {
    const next = 'the next secret of acme which has 32 bytes or more';
    const both = tokensWith({ PARLANCE_JWT_SECRETS: `acme:${JWT_SECRETS.acme},acme:${next}` });
    expect(await both.verify(await accessToken('ada'))).toEqual(callerOf('ada'));
    expect(await both.verify(await accessToken('ada', { key: next }))).toEqual(callerOf('ada'));
  });

  it('may come from a clock that differs by the tolerance', async () => {
    const late = await accessToken('ada', { claims: { exp: secondsFromNow(-20) } });
    const patient = tokensWith({
      PARLANCE_JWT_SECRETS: JWT_SECRETS_VARIABLE,
      PARLANCE_JWT_CLOCK_TOLERANCE_SECONDS: '30',
    });
    // Good until the tolerance has passed.
    const { expiresAt = 0 } = await patient.verify(late);
    expect(Math.abs(expiresAt - Date.now() - 10_000)).toBeLessThan(2_000);
    await expect(tokens.verify(late)).rejects.toEqual(refusedAs('auth.expired_token'));
  });

  it('must be of the issuer and for the audience that are configured', async () => {
    const strict = tokensWith({
      PARLANCE_JWT_SECRETS: JWT_SECRETS_VARIABLE,
      PARLANCE_JWT_ISSUER: 'https://id.example',
      PARLANCE_JWT_AUDIENCE: 'parlance',
    });
    const claims = { iss: 'https://id.example', aud: ['parlance', 'other'] };
    expect(await strict.verify(await accessToken('ada', { claims }))).toEqual(callerOf('ada'));
    for (const wrong of [{ iss: 'https://evil.example' }, { aud: 'another' }, { iss: undefined }]) {
      const token = await accessToken('ada', { claims: { ...claims, ...wrong } });
      await expect(strict.verify(token)).rejects.toEqual(refusedAs('auth.invalid_token'));
    }
  });
});

describe('an access token signed with a private key', () => {
  const folder = mkdtempSync(join(tmpdir(), 'parlance-keys-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  async function keyFile(
    algorithm: string,
  ): Promise<{ readonly key: CryptoKey; readonly path: string; readonly pem: string }> {
    const { privateKey, publicKey } = await generateKeyPair(algorithm, { extractable: true });
    const path = join(folder, `${algorithm}.pem`);
    const pem = await exportSPKI(publicKey);
    writeFileSync(path, pem);
    return { key: privateKey, path, pem };
  }

  it.each(['RS256', 'ES256', 'EdDSA'])('of %s is verified by the public key in a file', async (algorithm) => {
    const { key, path } = await keyFile(algorithm);
    const tokens = tokensWith({ PARLANCE_JWT_PUBLIC_KEY_FILE: path });
    const token = await accessToken('ada', { key, algorithm });
    expect(await tokens.verify(token)).toEqual(callerOf('ada'));
    const { privateKey } = await generateKeyPair(algorithm);
    const forged = await accessToken('ada', { key: privateKey, algorithm });
    await expect(tokens.verify(forged)).rejects.toEqual(refusedAs('auth.invalid_token', 'not signed'));
  });

  it('is refused when the public key itself has signed it as if it were a secret', async () => {
    const { path, pem } = await keyFile('RS256');
    const tokens = tokensWith({
      PARLANCE_JWT_PUBLIC_KEY_FILE: path,
      PARLANCE_JWT_SECRETS: JWT_SECRETS_VARIABLE,
    });
    for (const key of [pem, pem.trim()]) {
      const confused = await accessToken('ada', { key, algorithm: 'HS256' });
      await expect(tokens.verify(confused)).rejects.toEqual(refusedAs('auth.invalid_token', 'not signed'));
    }
  });

  it('is refused in an algorithm that the key is not for', async () => {
    const { path } = await keyFile('RS256');
    const tokens = tokensWith({ PARLANCE_JWT_PUBLIC_KEY_FILE: path });
    const { privateKey } = await generateKeyPair('PS256');
    const token = await accessToken('ada', { key: privateKey, algorithm: 'PS256' });
    await expect(tokens.verify(token)).rejects.toEqual(refusedAs('auth.invalid_token'));
  });
});

describe('the key set of an issuer', () => {
  let server: Server;
  let answer: () => { readonly status: number; readonly body: string };
  let asked = 0;
  let url: string;
  let keys: readonly { readonly kid: string; readonly key: CryptoKey; readonly jwk: object }[];

  beforeAll(async () => {
    keys = await Promise.all(
      ['RS256', 'ES256'].map(async (algorithm, index) => {
        const { privateKey, publicKey } = await generateKeyPair(algorithm, { extractable: true });
        const kid = `key-${index}`;
        return { kid, key: privateKey, jwk: { ...(await exportJWK(publicKey)), kid, alg: algorithm } };
      }),
    );
    server = createServer((_, response) => {
      asked += 1;
      const { status, body } = answer();
      response.writeHead(status, { 'content-type': 'application/json' }).end(body);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks`;
  });
  afterAll(() => new Promise((resolve) => server.close(resolve)));

  const whole = () => ({ status: 200, body: JSON.stringify({ keys: keys.map(({ jwk }) => jwk) }) });
  const tokenOf = (index: number, kid = keys[index]!.kid) =>
    accessToken('ada', { key: keys[index]!.key, algorithm: ['RS256', 'ES256'][index]!, kid });

  it('verifies tokens of each of its keys, and is fetched once for many', async () => {
    answer = whole;
    asked = 0;
    const tokens = tokensWith({ PARLANCE_JWT_JWKS_URL: url });
    const given = await Promise.all([0, 1, 0, 1].map((index) => tokenOf(index)));
    for (const token of given) expect(await tokens.verify(token)).toEqual(callerOf('ada'));
    await expect(tokens.verify(await tokenOf(0, 'key-9'))).rejects.toEqual(refusedAs('auth.invalid_token'));
    expect(asked).toBe(1);
  });

  it('that cannot be had is no fault of the token: the caller may come again', async () => {
    let tokens = tokensWith({ PARLANCE_JWT_JWKS_URL: url });
    for (const body of ['<html>', '{"keys":1}', 'x'.repeat(300_000)]) {
      answer = () => ({ status: 200, body });
      tokens = tokensWith({ PARLANCE_JWT_JWKS_URL: url });
      const refused = tokens.verify(await tokenOf(0));
      await expect(refused).rejects.toMatchObject({ code: 'upstream.unavailable', retryable: true });
    }
    answer = whole;
    expect(await tokens.verify(await tokenOf(0))).toEqual(callerOf('ada'));
  });

  it('is used on while its issuer is away', async () => {
    answer = whole;
    const tokens = tokensWith({ PARLANCE_JWT_JWKS_URL: url, PARLANCE_JWT_JWKS_CACHE_MS: '0' });
    await tokens.verify(await tokenOf(0));
    answer = () => ({ status: 500, body: '' });
    expect(await tokens.verify(await tokenOf(1))).toEqual(callerOf('ada'));
  });
});

describe('the configuration of access tokens', () => {
  it('names what is wrong, and never shows a secret', () => {
    const secrets = `acme:short,ACME:${JWT_SECRETS.acme},${JWT_SECRETS.acme}`;
    expect(
      faultsOf({
        PARLANCE_JWT_SECRETS: secrets,
        PARLANCE_JWT_PUBLIC_KEY_FILE: '/nowhere.pem',
        PARLANCE_JWT_JWKS_URL: 'http://id.example/jwks',
      }),
    ).toEqual([
      'PARLANCE_JWT_SECRETS entry 1 must have a secret of 32 bytes',
      'PARLANCE_JWT_SECRETS entry 2 must read tenant:secret',
      'PARLANCE_JWT_SECRETS entry 3 must read tenant:secret',
      'PARLANCE_JWT_PUBLIC_KEY_FILE must be a readable PEM file with a public key',
      'PARLANCE_JWT_JWKS_URL must be an https:// address',
    ]);
  });
});

describe('a request that names a user', () => {
  it('acts for the user with an API key, and with a token for its own user only', () => {
    expect(actingFor({ tenant: 'acme' }, 'ada')).toEqual({ tenant: 'acme', user: 'ada' });
    expect(actingFor({ tenant: 'acme', user: 'ada' }, 'ada')).toEqual({ tenant: 'acme', user: 'ada' });
    expect(actingFor({ tenant: 'acme', user: 'ada' }, undefined)).toEqual({ tenant: 'acme', user: 'ada' });
    expect(() => actingFor({ tenant: 'acme', user: 'ada' }, 'bob')).toThrow('of another user');
    expect(() => actingFor({ tenant: 'acme' }, '')).toThrow('user: must have');
  });
});
