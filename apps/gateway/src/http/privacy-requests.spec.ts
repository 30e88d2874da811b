import { describe, expect, it } from '@jest/globals';
import { AppError } from '@parlance/errors';
import type {
  AccountRecord,
  AccountRepository,
  ConsentRepository,
  PrivacyJobRepository,
} from '@parlance/persistence';
import type { ObjectStore } from '@parlance/messaging';
import { aLearnerPrivacy } from '../../../../test/support/learner-privacy-factory.js';
import type { LearnerAccounts } from '../access/learner-accounts.service.js';
import type { Caller } from '../auth/caller.js';
import type { GatewayConfig } from '../gateway.config.js';
import type { PrivacyJobs } from '../privacy/privacy-jobs.service.js';
import type { TenantPrivacy } from '../privacy/tenant-privacy.service.js';
import { PrivacyRequests } from './privacy-requests.service.js';

const MINUTE_MS = 60_000;
const BY_PASSWORD = { passwordHash: 'argon2id' };
const BY_PROVIDER = { identity: 'of the provider' };

/** What an installation with one account, or none, says to a learner who asks to be erased. */
async function asked(
  account: Partial<AccountRecord> | undefined,
  loggedInAgoMs: number | undefined,
  body: object = {},
): Promise<string> {
  const logins = {
    confirm: async (_: Caller, __: string, password: string) => {
      if (password !== 'right') throw new AppError('auth.invalid_credentials', 'wrong');
    },
  } as unknown as LearnerAccounts;
  const jobs = {
    ofLearner: async () => [],
    create: async (job: object) => ({ ...job, state: 'queued', createdAt: new Date(), parts: {} }),
  } as unknown as PrivacyJobRepository;
  const requests = new PrivacyRequests(
    { pseudonym: async () => 'p' } as unknown as TenantPrivacy,
    aLearnerPrivacy(),
    {} as ConsentRepository,
    jobs,
    { wake: () => undefined } as unknown as PrivacyJobs,
    { find: async () => account } as unknown as AccountRepository,
    {} as ObjectStore,
    logins,
    { http: { publicUrl: '' } } as unknown as Pick<GatewayConfig, 'http'>,
  );
  const loggedIn = loggedInAgoMs === undefined ? {} : { loggedInAt: Date.now() - loggedInAgoMs };
  const caller: Caller = { tenant: 'acme', user: 'ada', role: 'learner', ...loggedIn };
  return requests.requestErasure(caller, '192.0.2.1', body).then(
    ({ state }) => state,
    (error: AppError) => error.code,
  );
}

describe('an erasure that a learner asks for', () => {
  it.each([
    ['without the password', {}, 'request.invalid'],
    ['with a wrong one', { password: 'wrong' }, 'auth.invalid_credentials'],
    ['with the right one', { password: 'right' }, 'queued'],
  ])('of an account that has a password, %s, is answered as it should be', async (_, body, expected) => {
    for (const ago of [undefined, 0, 60 * MINUTE_MS])
      expect(await asked(BY_PASSWORD, ago, body)).toBe(expected);
  });

  it.each([
    ['never, as far as is known', undefined, 'auth.forbidden'],
    ['a moment ago', 0, 'queued'],
    ['14 minutes ago', 14 * MINUTE_MS, 'queued'],
    ['16 minutes ago', 16 * MINUTE_MS, 'auth.forbidden'],
    ['in the near future of another clock', -MINUTE_MS / 2, 'queued'],
    ['in a year', -365 * 1_440 * MINUTE_MS, 'auth.forbidden'],
  ])('without a password, who logged in %s, is answered as it should be', async (_, ago, expected) => {
    for (const account of [BY_PROVIDER, undefined]) {
      expect(await asked(account, ago)).toBe(expected);
      // There is nothing that a password would show.
      expect(await asked(account, ago, { password: 'right' })).toBe(expected);
    }
  });
});
