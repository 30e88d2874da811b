import { describe, expect, it } from '@jest/globals';
import { realtimeSessionSchema } from '@parlance/contracts';
import { AppError } from '@parlance/errors';
import { gatewaySchema } from '../gateway.config.js';
import type { Caller } from './caller.js';
import { ClientSecrets } from './client-secrets.service.js';
import { newKey } from './key-format.js';
import type { StoredKeys } from './stored-keys.service.js';

const NOW = new Date(1_700_000_000_000);
const later = (seconds: number): Date => new Date(NOW.getTime() + seconds * 1_000);
const OWNER: Caller = { tenant: 'acme', role: 'owner', key: 'configured' };
const SESSION = realtimeSessionSchema.parse({
  type: 'transcription',
  audio: { input: { transcription: { model: 'whisper-1', language: 'en' } } },
});
const ASKED = { session: SESSION, seconds: 600 };

function secrets(environment: Readonly<Record<string, string>> = {}, known?: Partial<StoredKeys>) {
  const config = gatewaySchema.parse({ PARLANCE_API_KEYS: `acme:${'a'.repeat(64)}`, ...environment });
  return new ClientSecrets(known as StoredKeys, config);
}

describe('a client secret', () => {
  it('opens sessions with its settings on every replica until it expires', async () => {
    const { value, expiresAt } = secrets().issue({ ...OWNER, user: 'ada' }, 'pk_test', ASKED, NOW);
    expect(value).toMatch(/^ek_[\w-]+\.[\w-]+$/);
    expect(expiresAt).toBe(1_700_000_600);
    expect(await secrets().open(value, later(599))).toEqual({
      caller: { tenant: 'acme', user: 'ada', role: 'service', key: 'configured', scopes: ['speech'] },
      session: SESSION,
    });
    await expect(secrets().open(value, later(600))).rejects.toMatchObject({ code: 'auth.expired_token' });
  });

  it('is good for what the key that made it is good for when it is used', async () => {
    const { key, prefix } = newKey();
    const stored: Caller = { tenant: 'acme', role: 'service', scopes: ['sessions'], key: 'K1' };
    const { value } = secrets().issue(stored, key, ASKED, NOW);
    const callerByPrefix = async (asked: string) => (asked === prefix ? stored : undefined);
    expect((await secrets({}, { callerByPrefix }).open(value, NOW)).caller).toEqual(stored);
    const revoked = new AppError('auth.invalid_token', 'The key was revoked.');
    const gone = secrets({}, { callerByPrefix: () => Promise.reject(revoked) });
    await expect(gone.open(value, NOW)).rejects.toBe(revoked);
    const others = secrets({}, { callerByPrefix: async () => ({ ...stored, tenant: 'globex' }) });
    await expect(others.open(value, NOW)).rejects.toMatchObject({ code: 'auth.invalid_token' });
  });

  it.each<[string, (value: string) => string]>([
    ['another content', (value) => value.replace(/^ek_./, 'ek_x')],
    ['another signature', (value) => value.replace(/\.../, '.__')],
    ['no signature', (value) => value.split('.')[0]!],
    ['nothing else', () => 'ek_'],
    ['the form of a key', () => newKey().key],
    ['any length', (value) => value + 'x'.repeat(9_000)],
  ])('with %s is refused', async (_, changed) => {
    const { value } = secrets().issue(OWNER, 'pk_test', ASKED, NOW);
    await expect(secrets().open(changed(value), NOW)).rejects.toMatchObject({ code: 'auth.invalid_token' });
  });

  it('is good only where the same secret signs, and while its tenant is known', async () => {
    const secret = { PARLANCE_LINK_SECRET: 'a secret of sixteen' };
    const { value } = secrets(secret).issue(OWNER, 'pk_test', ASKED, NOW);
    await expect(secrets(secret).open(value, NOW)).resolves.toBeDefined();
    await expect(secrets().open(value, NOW)).rejects.toMatchObject({ code: 'auth.invalid_token' });
    const without = secrets({ ...secret, PARLANCE_API_KEYS: `globex:${'b'.repeat(64)}` });
    await expect(without.open(value, NOW)).rejects.toMatchObject({ code: 'auth.invalid_token' });
  });

  it('is not made without an API key, with settings that are too long, or where nothing signs it', () => {
    const issue =
      (of: ClientSecrets, caller: Caller, session = SESSION) =>
      () =>
        of.issue(caller, 'pk_test', { ...ASKED, session }, NOW);
    const learner: Caller = { tenant: 'acme', role: 'learner', user: 'ada' };
    for (const caller of [learner, { ...OWNER, key: 'K1' }])
      expect(issue(secrets(), caller)).toThrow(expect.objectContaining({ code: 'auth.forbidden' }));
    const long = realtimeSessionSchema.parse({
      type: 'transcription',
      audio: { input: { transcription: { prompt: 'x'.repeat(7_000) } } },
    });
    expect(issue(secrets(), OWNER, long)).toThrow(
      expect.objectContaining({ code: 'request.too_large', param: 'session' }),
    );
    expect(issue(secrets({ PARLANCE_API_KEYS: '' }), OWNER)).toThrow(
      expect.objectContaining({ code: 'request.conflict' }),
    );
  });
});
