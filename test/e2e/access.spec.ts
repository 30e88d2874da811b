/** Organisations and their keys, as two tenants have them, on two replicas. */
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { AccessClient, answersOfEveryApi, type JsonAnswer } from '../support/access-rig.js';
import { JsonSocket } from '../support/json-socket.js';
import { API_KEY, OTHER_TENANTS_KEY, Platform } from '../support/platform.js';
import { until } from '../support/until.js';
import { VoiceClient } from '../support/voice-client.js';

const KEYS = '/api/v1/keys';
const ORGANISATIONS = '/api/v1/organisations';
const NOBODYS_ID = '01J00000000000000000000000';
/** Revocations are known everywhere by then. */
const KNOWN_MS = 5_000;
const everyApi = (code: string) => ({ http: code, socketIo: code, listen: code, grpc: code });

jest.setTimeout(120_000);

let platform: Platform;
let acme: AccessClient;
let globex: AccessClient;
/** Every secret that was told: none may stand in a log. */
const secrets: string[] = [];
beforeAll(async () => {
  platform = await Platform.start({
    services: [],
    gateways: 2,
    // Ready without inference: what these tests ask never gets so far.
    gateway: { PARLANCE_MANAGING_TENANT: 'acme', PARLANCE_WAIT_FOR_PODS_MS: '1' },
  });
  acme = clientOf(API_KEY);
  globex = clientOf(OTHER_TENANTS_KEY);
}, 240_000);
afterAll(() => platform?.stop());

const clientOf = (key: string, replica = 0) => new AccessClient(platform.gateways[replica]!, key);

interface MadeKey {
  readonly id: string;
  readonly prefix: string;
  readonly key: string;
}
async function make(client: AccessClient, wanted: object = {}): Promise<MadeKey> {
  const { status, body } = await client.send('POST', KEYS, { name: 'Shop', ...wanted });
  expect([status, body.error]).toEqual([201, undefined]);
  const made = body as unknown as MadeKey;
  secrets.push(made.key);
  return made;
}

function expectFault({ status, body }: JsonAnswer, expected: number, code: string): void {
  expect([status, body.error?.code]).toEqual([expected, code]);
  expect(JSON.stringify(body)).not.toMatch(/\bat \w+.*\(|node_modules|\.js:|127\.0\.0\.1|mongo/i);
}

describe('an organisation', () => {
  it('is made by the managing tenant alone, with a key that owns it and nothing else', async () => {
    expectFault(
      await globex.send('POST', ORGANISATIONS, { id: 'initech', name: 'Initech' }),
      403,
      'auth.forbidden',
    );
    const { status, body } = await acme.send('POST', ORGANISATIONS, { id: 'initech', name: 'Initech' });
    expect(status).toBe(201);
    const { key } = body.ownerKey as unknown as MadeKey;
    secrets.push(key);
    const initech = clientOf(key, 1);
    expect((await initech.send('GET', ORGANISATIONS)).body).toMatchObject({
      organisations: [{ id: 'initech', name: 'Initech', signUp: false, version: 1 }],
      nextCursor: null,
    });
    expectFault(await initech.send('GET', `${ORGANISATIONS}/acme`), 404, 'organisation.not_found');
    expectFault(
      await initech.send('PATCH', `${ORGANISATIONS}/globex`, { version: 1 }),
      404,
      'organisation.not_found',
    );
    expectFault(await initech.send('POST', ORGANISATIONS, { id: 'x', name: 'X' }), 403, 'auth.forbidden');
  });

  it('does not take the id of another, also not of a configured tenant', async () => {
    for (const id of ['globex', 'acme'])
      expectFault(await acme.send('POST', ORGANISATIONS, { id, name: 'Mine' }), 409, 'organisation.exists');
  });

  it('is changed by one of two who change it at once; the other learns the version', async () => {
    const change = (name: string) => globex.send('PATCH', `${ORGANISATIONS}/globex`, { version: 1, name });
    const answers = await Promise.all(['Globex A', 'Globex B'].map(change));
    const [changed, refused] = answers.sort((a, b) => a.status - b.status);
    expect(changed).toMatchObject({ status: 200, body: { version: 2 } });
    expectFault(refused!, 409, 'request.conflict');
    expect(refused!.body.error?.message).toContain('version 2');
  });

  it('is listed in pages for the managing tenant', async () => {
    const first = await acme.send('GET', `${ORGANISATIONS}?limit=1`);
    expect(first.body).toMatchObject({ organisations: [{ id: 'acme' }], nextCursor: 'acme' });
    const next = await acme.send('GET', `${ORGANISATIONS}?limit=1&cursor=acme`);
    expect(next.body).toMatchObject({ organisations: [{ id: 'globex' }] });
  });
});

describe('an API key of a tenant', () => {
  it('opens every API of every replica, until it is revoked: then none within 5 s', async () => {
    const { id, key } = await make(acme);
    for (const gateway of platform.gateways)
      expect(await answersOfEveryApi(gateway, key)).toEqual(everyApi('ok'));
    expect((await acme.send('DELETE', `${KEYS}/${id}`)).status).toBe(204);
    const revokedAt = Date.now();
    for (const gateway of platform.gateways)
      await until(async () => {
        const answers = await answersOfEveryApi(gateway, key);
        return Object.values(answers).every((code) => code === 'auth.invalid_token');
      }, KNOWN_MS);
    expect(Date.now() - revokedAt).toBeLessThan(KNOWN_MS);
    expect((await acme.send('GET', `${KEYS}/${id}`)).body).toMatchObject({ status: 'revoked' });
  });

  it('that is revoked ends what it has open on another replica, within 5 s', async () => {
    const { id, key } = await make(acme);
    const { url } = platform.gateways[1]!;
    const voice = await VoiceClient.connect(url, { token: key });
    const learn = await JsonSocket.open(url, '/v1/learn', key);
    expect((await acme.send('DELETE', `${KEYS}/${id}`)).status).toBe(204);
    const revokedAt = Date.now();
    const [{ code, reason }] = await Promise.all([learn.closed, voice.disconnected]);
    expect([code, reason]).toEqual([4401, 'auth.invalid_token']);
    expect(voice.faults).toEqual(['auth.invalid_token']);
    expect(Date.now() - revokedAt).toBeLessThan(KNOWN_MS);
  });

  it('is told once and is nowhere in what is read afterwards', async () => {
    const { id, key, prefix } = await make(acme);
    expect(key.startsWith(`${prefix}_`)).toBe(true);
    const secret = key.slice(prefix.length + 1);
    for (const path of [KEYS, `${KEYS}/${id}`]) {
      const text = JSON.stringify((await acme.send('GET', path)).body);
      expect(text).toContain(prefix);
      expect(text).not.toContain(secret);
      expect(text).not.toContain('hash');
    }
  });

  it('says when it was last used', async () => {
    const { id, key } = await make(acme, { scopes: ['sessions'] });
    expect((await acme.send('GET', `${KEYS}/${id}`)).body.lastUsedAt).toBeNull();
    await clientOf(key).send('GET', '/api/v1/voice/sessions');
    const used = await until(async () => {
      const { lastUsedAt } = (await acme.send('GET', `${KEYS}/${id}`)).body;
      return lastUsedAt === null ? undefined : (lastUsedAt as unknown as string);
    }, KNOWN_MS);
    expect(Date.now() - Date.parse(used)).toBeLessThan(60_000);
  });

  it('works on for the overlap when it is replaced, and its successor at once', async () => {
    const old = await make(acme, { scopes: ['speech'] });
    const { status, body } = await acme.send('POST', `${KEYS}/${old.id}/rotate`, { overlapSeconds: 6 });
    expect(status).toBe(201);
    const next = body as unknown as MadeKey;
    secrets.push(next.key);
    const ask = (key: string, replica: number) => clientOf(key, replica).send('GET', '/v1/models');
    for (const replica of [0, 1])
      for (const key of [old.key, next.key]) expect((await ask(key, replica)).status).toBe(200);
    expectFault(await acme.send('POST', `${KEYS}/${old.id}/rotate`, {}), 409, 'request.conflict');
    await until(async () => (await ask(old.key, 1)).body.error?.code === 'auth.expired_token', 15_000);
    expect((await ask(next.key, 1)).status).toBe(200);
    expect((await acme.send('GET', `${KEYS}/${old.id}`)).body).toMatchObject({
      status: 'expired',
      replacedBy: next.id,
    });
  });

  it('is replaced by one of two who replace it at once', async () => {
    const { id } = await make(acme);
    const rotate = (replica: number) => clientOf(API_KEY, replica).send('POST', `${KEYS}/${id}/rotate`, {});
    const answers = await Promise.all([rotate(0), rotate(1)]);
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409]);
    for (const { body } of answers) if (body.key) secrets.push(body.key);
  });

  it('opens what its scopes name', async () => {
    const speech = await make(acme, { scopes: ['speech'] });
    const expected = { ...everyApi('ok'), socketIo: 'auth.forbidden' };
    expect(await answersOfEveryApi(platform.gateway, speech.key)).toEqual(expected);
    for (const path of ['/api/v1/voice/sessions', KEYS])
      expectFault(await clientOf(speech.key).send('GET', path), 403, 'auth.forbidden');
    const sessions = await make(acme, { scopes: ['sessions'] });
    const others = { ...everyApi('auth.forbidden'), socketIo: 'ok' };
    expect(await answersOfEveryApi(platform.gateway, sessions.key)).toEqual(others);
  });

  it('gives nobody more than it has itself', async () => {
    const service = await make(acme);
    expectFault(await clientOf(service.key).send('POST', KEYS, { name: 'More' }), 403, 'auth.forbidden');
    const { key, id } = await make(acme, { role: 'admin', scopes: ['access'] });
    const admin = clientOf(key);
    const owners = await make(acme, { role: 'owner', scopes: ['access'] });
    for (const wanted of [
      { role: 'owner' },
      { scopes: ['speech', 'access'], role: 'admin' },
      { scopes: ['sessions'] },
    ])
      expectFault(await admin.send('POST', KEYS, { name: 'More', ...wanted }), 403, 'auth.forbidden');
    expectFault(await admin.send('POST', `${KEYS}/${owners.id}/rotate`, {}), 403, 'auth.forbidden');
    expectFault(await admin.send('DELETE', `${KEYS}/${owners.id}`), 403, 'auth.forbidden');
    expect((await admin.send('POST', `${KEYS}/${id}/rotate`, {})).status).toBe(201);
  });

  it('that expires makes and replaces no key that lasts longer', async () => {
    const expiresAt = new Date(Date.now() + 60_000).toISOString();
    const short = clientOf(
      (await make(acme, { role: 'admin', scopes: ['speech', 'access'], expiresAt })).key,
    );
    const lasting = await make(acme, { scopes: ['speech'] });
    expectFault(await short.send('POST', KEYS, { name: 'Longer' }), 403, 'auth.forbidden');
    expectFault(await short.send('POST', `${KEYS}/${lasting.id}/rotate`), 403, 'auth.forbidden');
    await make(short, { scopes: ['speech'], expiresAt });
    expect((await short.send('DELETE', `${KEYS}/${lasting.id}`)).status).toBe(204);
  });

  it('of another tenant is not there: 404, and it stays as it is', async () => {
    const { id, key } = await make(globex);
    for (const [method, path] of [
      ['GET', ''],
      ['POST', '/rotate'],
      ['DELETE', ''],
    ] as const)
      expectFault(await acme.send(method, `${KEYS}/${id}${path}`), 404, 'key.not_found');
    expect((await clientOf(key).send('GET', '/v1/models')).status).toBe(200);
    expect(JSON.stringify((await acme.send('GET', `${KEYS}?limit=100`)).body)).not.toContain(id);
  });
});

describe('bad input', () => {
  it.each([
    ['an operator for a name', { name: { $gt: '' } }],
    ['an operator for a role', { name: 'a', role: { $ne: 'learner' } }],
    ['an operator beside the fields', { name: 'a', $where: '1' }],
    ['a tenant of its own', { name: 'a', tenant: 'globex' }],
    ['a name that is turned around', { name: 'ad\u202enimda' }],
    ['a name of nothing that is seen', { name: '\u200b\u2060' }],
    ['a name without letters', { name: '   ' }],
    ['a name too long', { name: 'x'.repeat(101) }],
    ['a role that a key cannot have', { name: 'a', role: 'learner' }],
    ['a scope that nobody knows', { name: 'a', scopes: ['everything'] }],
    ['a time that has passed', { name: 'a', expiresAt: '2020-01-01T00:00:00Z' }],
    ['a time without its zone', { name: 'a', expiresAt: '2090-01-01T00:00:00' }],
    ['a list', []],
  ])('is refused for a key: %s', async (_, body) => {
    expectFault(await acme.send('POST', KEYS, body), 400, 'request.invalid');
  });

  it('with the key of a prototype changes nothing for others', async () => {
    const body = '{"name":"a","__proto__":{"role":"owner"},"constructor":{"prototype":{"role":"owner"}}}';
    expectFault(await acme.send('POST', KEYS, body), 400, 'request.invalid');
    expect((await make(acme)) as object).toMatchObject({ role: 'service' });
  });

  it('too large, too deep or no JSON is refused by its code', async () => {
    expectFault(await acme.send('POST', KEYS, { name: 'x'.repeat(10_000_000) }), 413, 'request.too_large');
    const deep = `${'{"name":'.repeat(20_000)}1${'}'.repeat(20_000)}`;
    expectFault(await acme.send('POST', KEYS, deep), 400, 'request.invalid');
    expectFault(await acme.send('POST', KEYS, '{"name":'), 400, 'request.invalid');
  });

  it.each(['x', '%00', '..%2forganisations', '%7B%22%24gt%22%3A%22%22%7D', NOBODYS_ID])(
    'as the id of a key is a key that is not there: %s',
    async (id) => {
      expectFault(await acme.send('GET', `${KEYS}/${id}`), 404, 'key.not_found');
      expectFault(await acme.send('DELETE', `${KEYS}/${id}`), 404, 'key.not_found');
    },
  );

  it.each(['cursor[$gt]=', 'limit=0', 'limit=1e2', 'cursor=x', 'tenant=globex'])(
    'in a query is refused: %s',
    async (query) => {
      expectFault(await acme.send('GET', `${KEYS}?${query}`), 400, 'request.invalid');
    },
  );
});

describe('the secrets of keys', () => {
  it('stand in no log', () => {
    expect(secrets.length).toBeGreaterThan(10);
    const text = JSON.stringify(platform.logOf('gateway'));
    for (const key of [
      API_KEY,
      ...secrets.flatMap((secret) => [secret, secret.split('_').slice(2).join('_')]),
    ])
      expect(text).not.toContain(key);
  });
});
