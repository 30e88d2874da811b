import { describe, expect, it } from '@jest/globals';
import { AppError } from '@parlance/errors';
import type { AccountRecord, AccountRepository, OneTimeToken } from '@parlance/persistence';
import type { MailRequest, MailRequests } from '../mail/mail-requests.service.js';
import { AccountRecovery } from './account-recovery.service.js';
import type { AttemptLimits } from './attempt-limits.service.js';
import type { LearnerAccounts } from './learner-accounts.service.js';
import type { LogIns } from './log-ins.service.js';
import type { OneTimeTokens } from './one-time-tokens.service.js';
import type { Passwords } from './passwords.service.js';

const ADA = { id: 'ada', tenant: 'acme', email: 'ada@example.com', generation: 3 } as AccountRecord;
const BODY = { organisation: 'acme', email: 'Ada@Example.com' };
const RESET = { token: 'a code', password: 'another long password' };

/** What is done, in its order, where there is one code. */
function recovery(
  code?: Partial<OneTimeToken>,
  changes: { readonly full?: boolean; readonly noMail?: boolean } = {},
) {
  const done: string[] = [];
  const note = (what: string) => async () => void done.push(what);
  const accounts = {
    find: async (tenant: string, id: string) => (tenant === ADA.tenant && id === ADA.id ? ADA : undefined),
    findByEmail: () => Promise.reject(new Error('nobody is looked up')),
    verifyEmail: async (_: string, __: string, email: string) => {
      done.push(`verify ${email}`);
      return email === ADA.email;
    },
    changeEmail: async (_: string, __: string, { to }: { readonly to: string }) => {
      done.push(`change to ${to}`);
      return true;
    },
  } as unknown as AccountRepository;
  const token = { tenant: 'acme', account: 'ada', data: {}, ...code };
  const service = new AccountRecovery(
    accounts,
    {} as LearnerAccounts,
    { endAll: async (_: unknown, hash: string) => void done.push(`end all, ${hash}`) } as unknown as LogIns,
    {
      find: async () => token,
      use: async () => {
        done.push('use');
        return token;
      },
    } as unknown as OneTimeTokens,
    {
      hash: async () => {
        if (changes.full) throw new AppError('request.rate_limited', 'full');
        return 'hash';
      },
    } as unknown as Passwords,
    { mail: note('count the account'), mailRequest: note('count the address') } as unknown as AttemptLimits,
    {
      require: () => {
        if (changes.noMail) throw new AppError('mail.not_configured', 'none');
      },
      add: async ({ kind, email }: MailRequest) => void done.push(`mail ${kind} ${email}`),
      passwordChange: note('mail password-changed'),
    } as unknown as MailRequests,
  );
  return { done, service };
}

describe('a request for a mail', () => {
  it.each(['verify-email', 'reset-password'] as const)(
    '%s is counted and kept, and nobody is looked up',
    async (kind) => {
      const { done, service } = recovery();
      await service.ask(kind, '192.0.2.1', BODY);
      expect(done).toEqual(['count the address', 'count the account', `mail ${kind} ada@example.com`]);
    },
  );

  it('is refused where no mail is sent, before anything is read', async () => {
    const { done, service } = recovery({}, { noMail: true });
    for (const refused of [
      service.ask('verify-email', '', {}),
      service.verifyEmail({}),
      service.resetPassword({}),
    ])
      await expect(refused).rejects.toMatchObject({ code: 'mail.not_configured' });
    expect(done).toEqual([]);
  });

  it.each([
    { ...BODY, email: 'ada@example.com\r\nBcc: mallory@example.com' },
    { ...BODY, email: 'ada@example.com, mallory@example.com' },
    { ...BODY, email: '"Ada" <ada@example.com>' },
    { ...BODY, email: { $gt: '' } },
    { ...BODY, link: 'https://evil.example' },
  ])('of %j is refused', async (body) => {
    await expect(recovery().service.ask('reset-password', '', body)).rejects.toMatchObject({
      code: 'request.invalid',
    });
  });
});

describe('a code for a new password', () => {
  const data = { email: ADA.email, generation: '3' };
  it('tells the owner before it ends the log-ins and changes the password', async () => {
    const { done, service } = recovery({ data });
    await service.resetPassword(RESET);
    expect(done).toEqual(['use', 'mail password-changed', 'end all, hash', `verify ${ADA.email}`]);
  });

  it.each([
    ['came before the last password', { data: { ...data, generation: '2' } }],
    ['went to another address', { data: { ...data, email: 'old@example.com' } }],
    ['is of an account that is gone', { data, account: 'gone' }],
    ['is of another tenant', { data, tenant: 'globex' }],
  ])('that %s changes nothing', async (_, code) => {
    const { done, service } = recovery(code);
    await expect(service.resetPassword(RESET)).rejects.toMatchObject({ code: 'auth.invalid_code' });
    expect(done).toEqual(['use']);
  });

  it('is not used up by a crowd of log-ins', async () => {
    const { done, service } = recovery({ data }, { full: true });
    await expect(service.resetPassword(RESET)).rejects.toMatchObject({ code: 'request.rate_limited' });
    expect(done).toEqual([]);
  });
});

describe('a code for another address', () => {
  const purpose = 'change-email' as const;
  const data = { from: ADA.email, to: 'new@example.com', generation: '3' };
  it('tells the old one, and changes it', async () => {
    const { done, service } = recovery({ purpose, data });
    await service.verifyEmail({ token: 'a code' });
    expect(done).toEqual(['use', `mail email-changed ${ADA.email}`, 'change to new@example.com']);
  });

  it.each([
    ['before the last password', { ...data, generation: '2' }],
    ['before the last change of address', { ...data, from: 'older@example.com' }],
  ])('that came %s changes nothing', async (_, before) => {
    const { done, service } = recovery({ purpose, data: before });
    await expect(service.verifyEmail({ token: 'a code' })).rejects.toMatchObject({
      code: 'auth.invalid_code',
    });
    expect(done).toEqual(['use']);
  });
});
