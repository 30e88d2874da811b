import { describe, expect, it } from '@jest/globals';
import type { ObjectStore } from '@parlance/messaging';
import { gatewaySchema } from '../gateway.config.js';
import { ObjectLinks, type SignedKey } from './object-links.service.js';

const KEY = 'recordings/acme/S/session-1.flac';
const NOW = 1_700_000_000_000;
const hash = 'a'.repeat(64);

function links(environment: Readonly<Record<string, string>> = {}, presigned?: string): ObjectLinks {
  const config = gatewaySchema.parse({
    PARLANCE_API_KEYS: `acme:${hash}`,
    PARLANCE_PUBLIC_URL: 'https://speech.example',
    PARLANCE_LINK_SECONDS: '60',
    ...environment,
  });
  const store = { presign: () => Promise.resolve(presigned), get: (key: string) => Promise.resolve({ key }) };
  return new ObjectLinks(store as unknown as ObjectStore, config);
}

async function signedKey(of: ObjectLinks): Promise<SignedKey> {
  const { searchParams } = new URL((await of.linkTo(KEY, NOW)).url);
  const [key = '', expires, signature = ''] = ['key', 'expires', 'signature'].map(
    (name) => searchParams.get(name) ?? '',
  );
  return { key, expires: Number(expires), signature };
}

describe('a link to an object', () => {
  it('is the store’s own where it has one', async () => {
    const { url, expiresAt } = await links({}, 'https://s3.example/x?X-Amz-Signature=1').linkTo(KEY, NOW);
    expect(url).toBe('https://s3.example/x?X-Amz-Signature=1');
    expect(expiresAt.getTime()).toBe(NOW + 60_000);
  });

  it('leads to the gateway else, and works there until it expires', async () => {
    const signed = await signedKey(links());
    await expect(links().open(signed, NOW + 59_000)).resolves.toEqual({ key: KEY });
    await expect(links().open(signed, NOW + 60_000)).rejects.toMatchObject({ code: 'auth.invalid_token' });
  });

  it.each<[string, (signed: SignedKey) => SignedKey]>([
    ['another object', (signed) => ({ ...signed, key: 'recordings/globex/S/session-1.flac' })],
    ['a later end', (signed) => ({ ...signed, expires: signed.expires + 1 })],
    ['another signature', (signed) => ({ ...signed, signature: `A${signed.signature.slice(1)}` })],
    ['no signature', (signed) => ({ ...signed, signature: '' })],
  ])('is refused with %s', async (_name, change) => {
    const signed = await signedKey(links({ PARLANCE_LINK_SECRET: 'a secret of sixteen' }));
    const changed = change(signed);
    await expect(
      links({ PARLANCE_LINK_SECRET: 'a secret of sixteen' }).open(changed, NOW),
    ).rejects.toMatchObject({ code: 'auth.invalid_token' });
  });

  it('is refused by a gateway of another secret', async () => {
    const signed = await signedKey(links());
    const other = links({ PARLANCE_LINK_SECRET: 'another secret of the test' });
    await expect(other.open(signed, NOW)).rejects.toMatchObject({ code: 'auth.invalid_token' });
  });
});
