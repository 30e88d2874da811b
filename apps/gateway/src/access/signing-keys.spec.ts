import { describe, expect, it } from '@jest/globals';
import type { SigningKeyRecord, SigningKeyRepository } from '@parlance/persistence';
import { silentLogger } from '../../../../test/support/silent-logger.js';
import { gatewaySchema } from '../gateway.config.js';
import { SigningKeys } from './signing-keys.service.js';

const DAY_MS = 86_400_000;

/** A store of signing keys, and replicas that share it. */
function installation() {
  const kept: SigningKeyRecord[] = [];
  const repository = {
    list: async (after: Date) => kept.filter(({ createdAt }) => createdAt > after).reverse(),
    add: async (record: SigningKeyRecord) => void kept.push(record),
    removeOlder: async (than: Date) => {
      for (const record of kept.filter(({ createdAt }) => createdAt <= than))
        kept.splice(kept.indexOf(record), 1);
    },
  } as unknown as SigningKeyRepository;
  const replica = async (secret = 'the secret of this installation, 1') => {
    const config = gatewaySchema.parse({ PARLANCE_ACCOUNTS: 'true', PARLANCE_SIGNING_SECRET: secret });
    const keys = new SigningKeys(repository, config, silentLogger);
    await keys.onModuleInit();
    return keys;
  };
  return { kept, replica };
}

describe('the keys that sign access tokens', () => {
  it('are made once, and kept so that the store alone does not tell them', async () => {
    const { kept, replica } = installation();
    const [first, second] = [await replica(), await replica()];
    expect((await second.current()).kid).toBe((await first.current()).kid);
    expect(kept).toHaveLength(1);
    const { privateKey } = await first.current();
    const der = privateKey.export({ type: 'pkcs8', format: 'der' });
    expect(JSON.stringify(kept)).not.toContain(der.toString('base64').slice(-40));
    expect(Buffer.from(kept[0]!.encrypted, 'base64url').includes('PRIVATE KEY')).toBe(false);
  });

  it('are changed after their time, while the one before still verifies', async () => {
    const { replica } = installation();
    const keys = await replica();
    const before = await keys.current();
    const after = await keys.current(new Date(Date.now() + 31 * DAY_MS));
    expect(after.kid).not.toBe(before.kid);
    const { keys: published } = await keys.keySet();
    expect(published.map(({ kid }) => kid)).toEqual([after.kid, before.kid]);
    expect(await keys.find(before.kid)).toBeDefined();
  });

  it('are replaced where the secret is another one now, and the public one goes on verifying', async () => {
    const { replica } = installation();
    const before = await (await replica()).current();
    const keys = await replica('another secret of this installation');
    expect((await keys.current()).kid).not.toBe(before.kid);
    expect(await keys.find(before.kid)).toBeDefined();
  });

  it('are found by their names alone, and published without their private parts', async () => {
    const keys = await installation().replica();
    for (const kid of ['../../etc/passwd', '', '__proto__', undefined, { $gt: '' }])
      expect(await keys.find(kid)).toBeUndefined();
    const { keys: published } = await keys.keySet();
    expect(published).toEqual([
      {
        kty: 'OKP',
        crv: 'Ed25519',
        x: expect.any(String),
        kid: expect.any(String),
        alg: 'EdDSA',
        use: 'sig',
      },
    ]);
  });
});
