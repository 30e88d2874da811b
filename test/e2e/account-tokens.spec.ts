/** Access tokens that somebody has forged or bent, at a gateway whose signing keys the test has as well. */
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { createHmac, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeJwt, exportJWK, SignJWT, type JWTPayload } from 'jose';
import { accessToken as sharedSecretToken, secondsFromNow } from '../support/access-token.js';
import { AccessClient, answersOfEveryApi } from '../support/access-rig.js';
import { ACCOUNTS_ENVIRONMENT, logInOf, Person, PROFILE } from '../support/account-rig.js';
import { API_KEY, Platform } from '../support/platform.js';

jest.setTimeout(120_000);

const folder = mkdtempSync(join(tmpdir(), 'parlance-signing-'));
const pair = () => generateKeyPairSync('ed25519');
const [signing, former, foreign] = [pair(), pair(), pair()];
const elliptic = generateKeyPairSync('ec', { namedCurve: 'P-256' });
let platform: Platform;
let person: Person;
/** A good token, its parts, and the claims of another one of the same account. */
let good: string;
let claims: JWTPayload;
let kid: string;

beforeAll(async () => {
  const files = [signing, former, elliptic].map(({ privateKey }, index) => {
    const path = join(folder, `${index}.pem`);
    writeFileSync(path, privateKey.export({ type: 'pkcs8', format: 'pem' }));
    return path;
  });
  platform = await Platform.start({
    services: [],
    gateway: { ...ACCOUNTS_ENVIRONMENT, PARLANCE_SIGNING_KEY_FILES: files.join(',') },
  });
  await new AccessClient(platform.gateway, API_KEY).send('PATCH', '/api/v1/organisations/acme', {
    version: 1,
    signUp: true,
  });
  person = new Person(platform.gateway, 'ada@example.com');
  good = logInOf(await person.signUp()).accessToken;
  claims = decodeJwt(good);
  ({ kid } = headerOf(good));
}, 240_000);
afterAll(async () => {
  await platform?.stop();
  rmSync(folder, { recursive: true });
});

const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const headerOf = (token: string) =>
  JSON.parse(Buffer.from(token.split('.')[0]!, 'base64url').toString()) as { readonly kid: string };

interface Changes {
  readonly header?: object;
  /** Added to the claims; undefined takes one away. */
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly key?: KeyObject;
}
function signed({
  header = {},
  claims: changed = {},
  key = signing.privateKey,
}: Changes = {}): Promise<string> {
  return new SignJWT({ ...claims, ...changed } as JWTPayload)
    .setProtectedHeader({ alg: 'EdDSA', kid, typ: 'at+jwt', ...header })
    .sign(key);
}
function hmac(header: object, secret: string | Buffer): string {
  const text = `${part({ alg: 'HS256', kid, typ: 'at+jwt', ...header })}.${part(claims)}`;
  return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`;
}
const publicPem = (): string => signing.publicKey.export({ type: 'spki', format: 'pem' }).toString();

const ATTACKS: readonly (readonly [string, () => Promise<string> | string, string?])[] = [
  ['the algorithm none', () => `${part({ alg: 'none', typ: 'at+jwt' })}.${part(claims)}.`],
  ['the algorithm None and our kid', () => `${part({ alg: 'None', kid, typ: 'at+jwt' })}.${part(claims)}.`],
  ['no signature', () => `${good.split('.').slice(0, 2).join('.')}.`],
  [
    'a kid that is a path',
    () => signed({ header: { kid: '../../../../dev/null' }, key: foreign.privateKey }),
  ],
  ['a kid of a file with an empty secret', () => hmac({ kid: '/dev/null' }, '')],
  [
    'a kid that is an address',
    () => signed({ header: { kid: 'http://127.0.0.1/key' }, key: foreign.privateKey }),
  ],
  [
    'a kid that is an operator',
    () => signed({ header: { kid: { $gt: '' } as never }, key: foreign.privateKey }),
  ],
  ['a kid of an object’s prototype', () => signed({ header: { kid: '__proto__' }, key: foreign.privateKey })],
  ['no kid', () => signed({ header: { kid: undefined } })],
  ['the kid of another key', async () => signed({ header: { kid: await kidOfFormer() } })],
  ['another audience', () => signed({ claims: { aud: 'another' } })],
  ['no audience', () => signed({ claims: { aud: undefined } })],
  ['another issuer', () => signed({ claims: { iss: 'https://evil.example' } })],
  ['an end that has passed', () => signed({ claims: { exp: secondsFromNow(-60) } }), 'auth.expired_token'],
  ['no end', () => signed({ claims: { exp: undefined } })],
  ['an end that is a text', () => signed({ claims: { exp: '9999999999' } })],
  ['a beginning that has not come', () => signed({ claims: { nbf: secondsFromNow(600) } })],
  ['a swapped key', () => signed({ key: foreign.privateKey })],
  [
    'a key of its own in the header',
    async () => {
      const jwk = await exportJWK(foreign.publicKey);
      return signed({ header: { jwk }, key: foreign.privateKey });
    },
  ],
  [
    'an address of keys in the header',
    () => signed({ header: { jku: 'http://127.0.0.1/jwks' }, key: foreign.privateKey }),
  ],
  [
    'an address of certificates in the header',
    () => signed({ header: { x5u: 'http://127.0.0.1/certificate' }, key: foreign.privateKey }),
  ],
  [
    'a certificate of its own in the header',
    () => {
      const x5c = [foreign.publicKey.export({ type: 'spki', format: 'der' }).toString('base64')];
      return signed({ header: { x5c }, key: foreign.privateKey });
    },
  ],
  [
    'an ECDSA signature of zeros',
    async () => {
      const header = part({ alg: 'ES256', kid: await kidOf('EC'), typ: 'at+jwt' });
      return `${header}.${part(claims)}.${Buffer.alloc(64).toString('base64url')}`;
    },
  ],
  [
    'the algorithm of one of our keys and the kid of another',
    () => signed({ header: { alg: 'ES256' }, key: elliptic.privateKey }),
  ],
  [
    'encryption in the place of a signature',
    () => [part({ alg: 'dir', enc: 'A256GCM', kid }), '', 'AA', part(claims), 'AA'].join('.'),
  ],
  ['the public key as a shared secret', () => hmac({}, publicPem())],
  [
    'the public key’s bytes as a shared secret',
    () => hmac({}, signing.publicKey.export({ type: 'spki', format: 'der' })),
  ],
  ['a tenant’s shared secret under our issuer', () => sharedSecretToken('ada', { claims: { ...claims } })],
  ['another type', () => signed({ header: { typ: 'JWT' } })],
  [
    'a critical extension that nobody knows',
    () => {
      const header = { alg: 'EdDSA', kid, typ: 'at+jwt', crit: ['urn:unknown'], 'urn:unknown': 1 };
      const text = `${part(header)}.${part(claims)}`;
      return `${text}.${sign(null, Buffer.from(text), signing.privateKey).toString('base64url')}`;
    },
  ],
  [
    'claims that were not signed',
    () => {
      const [header, , signature] = good.split('.');
      return [header, part({ ...claims, tenant: 'globex' }), signature].join('.');
    },
  ],
  ['another tenant, signed', () => signed({ claims: { tenant: 'globex' } })],
  ['a user that there is not', () => signed({ claims: { sub: '01J00000000000000000000000' } })],
  ['a user that is a path', () => signed({ claims: { sub: '../acme' } })],
  ['another generation', () => signed({ claims: { gen: 7 } })],
  ['a generation that is an operator', () => signed({ claims: { gen: { $gte: 0 } } })],
];

/** Of a key that is published, other than the one that signs now. */
async function kidOf(type: 'OKP' | 'EC'): Promise<string> {
  const answer = await fetch(`${platform.gateway.url}/.well-known/jwks.json`);
  const { keys } = (await answer.json()) as {
    readonly keys: readonly { readonly kid: string; readonly kty: string }[];
  };
  return keys.find((key) => key.kty === type && key.kid !== kid)!.kid;
}
const kidOfFormer = () => kidOf('OKP');

describe('an access token', () => {
  it('of ours is good, and so is one of the keys before', async () => {
    const before = await signed({ header: { kid: await kidOfFormer() }, key: former.privateKey });
    const other = await signed({
      header: { alg: 'ES256', kid: await kidOf('EC') },
      key: elliptic.privateKey,
    });
    for (const token of [good, await signed(), before, other])
      expect((await person.call(token, 'GET', PROFILE)).status).toBe(200);
  });

  it.each(ATTACKS)('with %s is refused by every API', async (_, attack, code = 'auth.invalid_token') => {
    const token = await attack();
    expect(await answersOfEveryApi(platform.gateway, token)).toEqual({
      ...{ http: code, socketIo: code, listen: code, grpc: code },
    });
  });

  it('that claims a role has the one of its account', async () => {
    const token = await signed({ claims: { role: 'owner' } });
    const answer = await person.call(token, 'GET', '/api/v1/keys');
    expect([answer.status, answer.body.error?.code]).toEqual([403, 'auth.forbidden']);
  });

  it('is none where a refresh token is sent in its stead', async () => {
    const { refreshToken } = logInOf(await person.logIn());
    expect((await person.call(refreshToken, 'GET', PROFILE)).body.error?.code).toBe('auth.invalid_token');
  });
});
