import { beforeEach, describe, expect, it } from '@jest/globals';
import type {
  AccountRecord,
  AccountRepository,
  RefreshOwner,
  RefreshTokenRepository,
} from '@parlance/persistence';
import { silentLogger } from '../../../../test/support/silent-logger.js';
import type { OwnTokens } from '../auth/own-tokens.service.js';
import type { GatewayConfig } from '../gateway.config.js';
import type { AttemptLimits } from './attempt-limits.service.js';
import { LogIns } from './log-ins.service.js';

const NOW = new Date('2030-01-01T12:00:00Z');
const LATER = new Date('2030-01-01T12:30:00Z');
const ADA: AccountRecord = {
  ...{ id: 'ada', tenant: 'acme', email: 'ada@example.com', role: 'learner' },
  profile: { name: 'Ada', targetLanguages: [], goals: [] },
  ...{ generation: 3, version: 1, createdAt: NOW },
};

let accounts: AccountRecord[];
let logIns: LogIns;
/** By which times people of access tokens have shown who they are. */
let provenAt: (Date | undefined)[];
beforeEach(() => {
  accounts = [ADA];
  provenAt = [];
  const tokens = new Map<string, RefreshOwner>();
  const refreshTokens = {
    begin: async () => undefined,
    add: async (hash: string, owner: RefreshOwner) => void tokens.set(hash, owner),
    use: async (hash: string) => {
      const owner = tokens.get(hash);
      tokens.delete(hash);
      return owner ? { outcome: 'used', owner } : { outcome: 'unknown' };
    },
  } as unknown as RefreshTokenRepository;
  const own = {
    issue: async (_: AccountRecord, __: Date, at?: Date) => {
      provenAt.push(at);
      return { token: 'at', expiresInSeconds: 600 };
    },
  } as unknown as OwnTokens;
  logIns = new LogIns(
    {
      find: async (tenant: string, id: string) =>
        accounts.find((one) => one.tenant === tenant && one.id === id),
    } as unknown as AccountRepository,
    refreshTokens,
    own,
    { refresh: async () => undefined } as unknown as AttemptLimits,
    { accounts: { refreshDays: 30 } } as unknown as Pick<GatewayConfig, 'accounts'>,
    silentLogger,
  );
});

describe('a log-in that goes on', () => {
  it('keeps the time at which the person showed who they are: a refresh is none', async () => {
    const { refreshToken } = await logIns.begin(ADA, NOW);
    const next = await logIns.goOn(refreshToken, LATER);
    await logIns.goOn(next.refreshToken, LATER);
    expect(provenAt).toEqual([NOW, NOW, NOW]);
  });

  it('has no such time where nobody knows one', async () => {
    const { refreshToken } = await logIns.begin(ADA, NOW, { authenticatedAt: undefined });
    await logIns.goOn(refreshToken, LATER);
    expect(provenAt).toEqual([undefined, undefined]);
  });

  it.each([
    ['was erased', () => (accounts = [])],
    ['has another password', () => (accounts = [{ ...ADA, generation: 4 }])],
  ])('is over where the account %s meanwhile', async (_, change) => {
    const { refreshToken } = await logIns.begin(ADA, NOW);
    change();
    await expect(logIns.goOn(refreshToken, LATER)).rejects.toMatchObject({ code: 'auth.invalid_token' });
  });
});
