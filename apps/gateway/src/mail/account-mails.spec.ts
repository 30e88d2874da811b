import { describe, expect, it } from '@jest/globals';
import type {
  AccountRecord,
  AccountRepository,
  OneTimeToken,
  OneTimeTokenRepository,
  OrganisationRepository,
  OutgoingMail,
} from '@parlance/persistence';
import { OneTimeTokens } from '../access/one-time-tokens.service.js';
import { sha256 } from '../auth/key-format.js';
import { gatewaySchema } from '../gateway.config.js';
import { AccountMails } from './account-mails.service.js';

const CONFIG = gatewaySchema.parse({
  PARLANCE_SMTP_HOST: 'mail.example',
  PARLANCE_MAIL_FROM: 'no-reply@parlance.example',
  PARLANCE_MAIL_LINK_BASE: 'https://learn.example',
});
const NOW = new Date('2030-01-01T00:00:00Z');
const HOUR_MS = 3_600_000;
const ADA: AccountRecord = {
  ...{ id: 'ada', tenant: 'acme', email: 'ada@example.com', passwordHash: 'argon2id', role: 'learner' },
  profile: { name: 'Ada', targetLanguages: [], goals: [] },
  ...{ generation: 3, version: 1, createdAt: NOW },
};
const VERIFIED = { ...ADA, emailVerifiedAt: NOW };

/** What becomes of a mail where these are the accounts. */
async function written(due: Partial<OutgoingMail>, accounts: readonly AccountRecord[], ageMs = 0) {
  const tokens: OneTimeToken[] = [];
  const mails = new AccountMails(
    {
      find: async (_: string, id: string) => accounts.find((account) => account.id === id),
      findByEmail: async (_: string, email: string) => accounts.find((account) => account.email === email),
    } as unknown as AccountRepository,
    { find: async () => ({ name: 'Acme' }) } as unknown as OrganisationRepository,
    new OneTimeTokens({
      add: async (token: OneTimeToken) => void tokens.push(token),
    } as unknown as OneTimeTokenRepository),
    CONFIG,
  );
  const mail: OutgoingMail = {
    ...{ id: '01J', tenant: 'acme', kind: 'sign-up', email: ADA.email, attempts: 0, nextAt: NOW },
    createdAt: new Date(NOW.getTime() - ageMs),
    ...due,
  };
  const result = await mails.write(mail, NOW);
  return { result: typeof result === 'string' ? result : result.mail, token: tokens[0] };
}

describe('a mail that is due', () => {
  it('has a code that the store has the hash of alone, for 24 hours, or one for a new password', async () => {
    const { result, token } = await written({ account: 'ada' }, [ADA]);
    const [, code = ''] = /https:\/\/learn\.example\/verify-email#token=([\w-]{43})\n/.exec(
      (result as { text: string }).text,
    )!;
    expect(token).toEqual({
      ...{ hash: sha256(code).toString('hex'), tenant: 'acme', purpose: 'verify-email', account: 'ada' },
      ...{ data: { email: ADA.email }, expiresAt: new Date(NOW.getTime() + 24 * HOUR_MS) },
    });
    const reset = await written({ kind: 'reset-password' }, [VERIFIED]);
    expect(reset.token).toMatchObject({
      ...{ purpose: 'reset-password', data: { email: ADA.email, generation: '3' } },
      expiresAt: new Date(NOW.getTime() + HOUR_MS),
    });
  });

  const other = { ...VERIFIED, id: 'other' };
  it.each<[string, Partial<OutgoingMail>, readonly AccountRecord[], number, string | RegExp]>([
    ['of a sign-up that made the account', { account: 'ada' }, [ADA], 0, /^Please confirm your e-mail/],
    ['of a sign-up with a taken address', { account: 'new' }, [ADA], 0, /^You have an account already/],
    ['of a sign-up whose account is not made yet', { account: 'new' }, [], 0, 'later'],
    ['of a sign-up that a crash ended', { account: 'new' }, [], 61_000, 'nobody'],
    ['of a sign-up that is verified by now', { account: 'ada' }, [VERIFIED], 0, 'nobody'],
    ['of another verification', { kind: 'verify-email' }, [ADA], 0, /^Please confirm/],
    ['of another verification of nobody', { kind: 'verify-email' }, [], 0, 'nobody'],
    ['of a reset', { kind: 'reset-password' }, [VERIFIED], 0, /^Choose a new password/],
    ['of a reset of nobody', { kind: 'reset-password' }, [], 0, 'nobody'],
    [
      'of a reset where a provider logs in',
      { kind: 'reset-password' },
      [withoutPassword(VERIFIED)],
      0,
      'nobody',
    ],
    [
      'of a changed password',
      { kind: 'password-changed', account: 'ada', generation: 2 },
      [VERIFIED],
      0,
      /^Your password/,
    ],
    [
      'of a password about to change',
      { kind: 'password-changed', account: 'ada', generation: 3 },
      [VERIFIED],
      0,
      'later',
    ],
    [
      'of a password never changed',
      { kind: 'password-changed', account: 'ada', generation: 3 },
      [VERIFIED],
      61_000,
      'nobody',
    ],
    [
      'to a new address',
      { kind: 'change-email', account: 'ada', generation: 3, email: 'new@example.com' },
      [VERIFIED],
      0,
      /^Please confirm your new/,
    ],
    [
      'to a new address, wanted before the last password',
      { kind: 'change-email', account: 'ada', generation: 2, email: 'new@example.com' },
      [VERIFIED],
      0,
      'nobody',
    ],
    [
      'to a new address of somebody',
      { kind: 'change-email', account: 'ada', generation: 3 },
      [{ ...VERIFIED, email: 'a@b.c' }, other],
      0,
      /^You have an account/,
    ],
    [
      'to the address that it is',
      { kind: 'change-email', account: 'ada', generation: 3 },
      [VERIFIED],
      0,
      'nobody',
    ],
    [
      'to an old address',
      { kind: 'email-changed', account: 'ada', email: 'old@example.com' },
      [VERIFIED],
      0,
      /address of your account/,
    ],
    ['to an address about to change', { kind: 'email-changed', account: 'ada' }, [VERIFIED], 0, 'later'],
    ['of an account that is gone', { kind: 'email-changed', account: 'ada' }, [], 0, 'nobody'],
  ])('%s goes where it is to', async (_, due, accounts, ageMs, expected) => {
    const { result } = await written(due, accounts, ageMs);
    if (typeof expected === 'string') expect(result).toBe(expected);
    else expect((result as { subject: string }).subject).toMatch(expected);
  });

  it('says the name of its owner where the address is known to be the owner’s, and nowhere else', async () => {
    const saysName = async (due: Partial<OutgoingMail>, account: AccountRecord) =>
      (await written(due, [account])).result !== 'nobody' &&
      JSON.stringify((await written(due, [account])).result).includes('Ada');
    expect(await saysName({ kind: 'reset-password' }, VERIFIED)).toBe(true);
    expect(await saysName({ kind: 'reset-password' }, ADA)).toBe(false);
    expect(await saysName({ account: 'ada' }, ADA)).toBe(false);
    expect(
      await saysName(
        { kind: 'change-email', account: 'ada', generation: 3, email: 'new@example.com' },
        VERIFIED,
      ),
    ).toBe(false);
  });
});

function withoutPassword({ passwordHash: _, ...rest }: AccountRecord): AccountRecord {
  return rest;
}
