import { describe, expect, it } from '@jest/globals';
import { AppError } from '@parlance/errors';
import type {
  AccountRecord,
  AccountRepository,
  IdentityProviderRecord,
  LinkedIdentity,
} from '@parlance/persistence';
import type { OwnTokens } from '../auth/own-tokens.service.js';
import type { LogIns } from '../access/log-ins.service.js';
import type { AuditedAct, AuditLog } from '../audit/audit-log.service.js';
import { OidcAccounts } from './oidc-accounts.service.js';

const NOW = new Date('2030-01-01T00:00:00Z');
const PROVIDER: IdentityProviderRecord = {
  ...{ tenant: 'acme', issuer: 'https://login.example', clientId: 'parlance', encryptedSecret: 'x' },
  ...{ domains: ['corp.example'], trustsAddresses: false, roleClaim: 'groups', defaultRole: 'learner' },
  roles: [
    { value: 'it', role: 'admin' },
    { value: 'staff', role: 'teacher' },
  ],
  ...{ redirects: ['https://learn.example'], version: 1, updatedAt: NOW },
};
const GRACE = { sub: 'grace', email: 'Grace@Corp.example', email_verified: true, name: 'Grace' };
const ACCOUNT: AccountRecord = {
  ...{ id: 'known', tenant: 'acme', email: 'grace@corp.example', passwordHash: 'argon2id', role: 'learner' },
  profile: { name: 'Somebody', targetLanguages: [], goals: [] },
  ...{ generation: 0, version: 1, createdAt: NOW },
};

/** An installation with these accounts. */
function installation(...accounts: AccountRecord[]) {
  const change = (id: string, fields: Partial<AccountRecord>): void => {
    const index = accounts.findIndex((account) => account.id === id);
    accounts[index] = { ...accounts[index]!, ...fields };
  };
  const repository = {
    findByIdentity: async (_: string, identity: string) => accounts.find((one) => one.identity === identity),
    findByEmail: async (_: string, email: string) => accounts.find((one) => one.email === email),
    get: async (_: string, id: string) => accounts.find((one) => one.id === id),
    link: async (
      _: string,
      id: string,
      { identity, issuer, email }: LinkedIdentity,
      before: string | undefined,
    ) => {
      if (accounts.find((one) => one.id === id)?.identity !== before) return false;
      change(id, { identity, identityIssuer: issuer, identityEmail: email });
      return true;
    },
    noteIdentity: async (_: string, id: string, { issuer, email }: LinkedIdentity) =>
      change(id, { identityIssuer: issuer, identityEmail: email }),
    findByIdentityEmail: async (_: string, email: string) =>
      accounts.filter((one) => one.identityEmail === email),
    setRole: async (_: string, id: string, role: AccountRecord['role']) => change(id, { role }),
    create: async (account: AccountRecord) => {
      if (accounts.some(({ email }) => email === account.email))
        throw new AppError('account.exists', 'taken');
      accounts.push(account);
    },
  } as unknown as AccountRepository;
  const ended: string[] = [];
  const logIns = { endAll: async ({ id }: AccountRecord) => void ended.push(id) } as unknown as LogIns;
  const acts: AuditedAct[] = [];
  const audit = { write: async (act: AuditedAct) => void acts.push(act) } as unknown as AuditLog;
  const tokens = { forget: () => undefined } as unknown as OwnTokens;
  const service = new OidcAccounts(repository, tokens, logIns, audit);
  const logIn = (claims: Readonly<Record<string, unknown>>, changes: Partial<IdentityProviderRecord> = {}) =>
    service.accountFor({ ...PROVIDER, ...changes }, { sub: 'grace', ...claims }, '192.0.2.1', NOW);
  const written = () => acts.map(({ action, user, details }) => ({ action, user, ...details }));
  return { accounts, ended, logIn, acts, written };
}

describe('the account of somebody whom a provider knows', () => {
  it('is made once, by issuer and subject: whatever the address is later, and however many come at once', async () => {
    const { accounts, logIn } = installation();
    const both = await Promise.all([logIn(GRACE), logIn(GRACE)]);
    expect(new Set(both.map(({ id }) => id)).size).toBe(1);
    expect(both[0]).toMatchObject({ email: 'grace@corp.example', role: 'learner', emailVerifiedAt: NOW });
    expect(both[0]).not.toHaveProperty('passwordHash');
    expect((await logIn({ ...GRACE, email: 'hopper@corp.example' })).id).toBe(both[0]!.id);
    const elsewhere = logIn({ ...GRACE, email: 'other@corp.example' }, { issuer: 'https://other.example' });
    expect((await elsewhere).id).not.toBe(both[0]!.id);
    expect(accounts).toHaveLength(2);
  });

  it('is one that there is, where both sides have verified the address, and no other', async () => {
    const { ended, logIn } = installation({ ...ACCOUNT, emailVerifiedAt: NOW });
    const linked = await logIn(GRACE);
    // Whoever made it by somebody else's address is out.
    expect(ended).toEqual(['known']);
    expect(linked).toMatchObject({ id: 'known', identity: expect.stringMatching(/^[0-9a-f]{64}$/) });
    for (const account of [ACCOUNT, { ...ACCOUNT, emailVerifiedAt: NOW, identity: 'of another subject' }])
      await expect(installation(account).logIn(GRACE)).rejects.toMatchObject({ code: 'account.exists' });
  });

  it('is one person’s alone, where two of one address come at once', async () => {
    const { accounts, logIn } = installation({ ...ACCOUNT, emailVerifiedAt: NOW });
    const both = await Promise.allSettled([logIn(GRACE), logIn({ ...GRACE, sub: 'another' })]);
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    const same = installation({ ...ACCOUNT, emailVerifiedAt: NOW });
    const ids = (await Promise.all([same.logIn(GRACE), same.logIn(GRACE)])).map(({ id }) => id);
    expect([ids, accounts.length]).toEqual([['known', 'known'], 1]);
  });

  it.each([
    ['no address', { email: undefined }],
    ['an address that is an operator', { email: { $gt: '' } }],
    ['an address that is not verified', { email_verified: false }],
    ['an address of which nothing is said', { email_verified: undefined }],
    ['an address that is verified by a text', { email_verified: 'true' }],
    ['an address of another domain', { email: 'grace@evil.example' }],
    ['an address of a domain that ends alike', { email: 'grace@evilcorp.example' }],
    ['an address of a domain below', { email: 'grace@x.corp.example' }],
  ])('is not made of %s', async (_, changes) => {
    const { accounts, logIn } = installation();
    await expect(logIn({ ...GRACE, ...changes })).rejects.toMatchObject({ code: 'oidc.refused' });
    expect(accounts).toEqual([]);
  });

  it('may be made of an address of which nothing is said, where the organisation trusts its provider', async () => {
    const { logIn } = installation();
    const trusting = { trustsAddresses: true };
    await expect(logIn({ ...GRACE, email_verified: false }, trusting)).rejects.toMatchObject({
      code: 'oidc.refused',
    });
    expect(await logIn({ ...GRACE, email_verified: undefined }, trusting)).toMatchObject({
      email: 'grace@corp.example',
    });
  });

  it.each([
    [['staff'], 'teacher'],
    [['staff', 'it'], 'admin'],
    ['it', 'admin'],
    [['others'], 'learner'],
    [undefined, 'learner'],
    [{ it: true }, 'learner'],
  ])('has the role that the provider’s groups %j stand for now', async (groups, role) => {
    for (const before of ['learner', 'admin'] as const) {
      const { accounts, logIn } = installation({ ...ACCOUNT, emailVerifiedAt: NOW, role: before });
      expect((await logIn({ ...GRACE, groups })).role).toBe(role);
      expect(accounts[0]!.role).toBe(role);
    }
  });

  it('keeps the role it has where the organisation maps none, and an owner stays one', async () => {
    const teacher = installation({ ...ACCOUNT, emailVerifiedAt: NOW, role: 'teacher' });
    expect((await teacher.logIn(GRACE, { roles: [] })).role).toBe('teacher');
    const owner = installation({ ...ACCOUNT, emailVerifiedAt: NOW, role: 'owner' });
    expect((await owner.logIn({ ...GRACE, groups: ['staff'] })).role).toBe('owner');
  });

  it('has a name that people can read', async () => {
    for (const [name, expected] of [
      ['Grace Hopper', 'Grace Hopper'],
      ['Grace\u202e\r\nBcc: x', 'grace'],
      [undefined, 'grace'],
    ])
      expect((await installation().logIn({ ...GRACE, name })).profile.name).toBe(expected);
  });
});

describe('the audit log', () => {
  it('has the account that a first log-in makes once, and from where; a later log-in adds nothing', async () => {
    const { acts, logIn } = installation();
    const [{ id }] = (await Promise.all([logIn(GRACE), logIn(GRACE)])) as [AccountRecord, AccountRecord];
    await logIn(GRACE);
    expect(acts).toEqual([
      {
        ...{ tenant: 'acme', role: 'learner', user: id, action: 'account.create', address: '192.0.2.1' },
        ...{ target: { kind: 'learner', id }, details: { by: 'oidc' } },
      },
    ]);
  });

  it('has that an account was linked, and the role that the provider gives', async () => {
    const { written, logIn } = installation({ ...ACCOUNT, emailVerifiedAt: NOW });
    await logIn({ ...GRACE, groups: ['staff'] });
    expect(written()).toEqual([
      { action: 'account.link', user: 'known', by: 'oidc', moved: false },
      { action: 'account.role', user: 'known', by: 'oidc', from: 'learner', to: 'teacher' },
    ]);
  });
});

describe('an organisation whose issuer has changed', () => {
  const NEW = 'https://sso.example';
  const movedFrom = { issuer: `${PROVIDER.issuer}/`, until: new Date('2030-02-01T00:00:00Z') };
  const next = { issuer: NEW, movedFrom };
  /** As the new provider names her. */
  const MOVED = { ...GRACE, sub: 'another name' };

  it('keeps its people out where its owner has not said from where, or the time for it is over', async () => {
    for (const movedFromThen of [null, undefined, { ...movedFrom, until: NOW }]) {
      const { accounts, logIn } = installation();
      await logIn(GRACE);
      const back = logIn(MOVED, { issuer: NEW, movedFrom: movedFromThen ?? null });
      await expect(back).rejects.toMatchObject({ code: 'account.exists' });
      expect(accounts).toHaveLength(1);
    }
  });

  it('knows its people by their addresses, once; what they had open ends, and it stands in the audit log', async () => {
    const { accounts, ended, written, logIn } = installation();
    const { id } = await logIn(GRACE);
    expect((await logIn(MOVED, next)).id).toBe(id);
    expect([ended, accounts.length]).toEqual([[id], 1]);
    expect(written().at(-1)).toEqual({ action: 'account.link', user: id, by: 'oidc', moved: true });
    // By the subject from now on, also when the time is over.
    expect((await logIn({ ...MOVED, email: 'x@corp.example' }, { issuer: NEW })).id).toBe(id);
    await expect(logIn({ ...MOVED, sub: 'a third' }, next)).rejects.toMatchObject({ code: 'account.exists' });
  });

  it('knows them by the address that the old issuer gave last, not by one that is somebody else’s now', async () => {
    const { logIn } = installation();
    const { id } = await logIn(GRACE);
    await logIn({ ...GRACE, email: 'hopper@corp.example' });
    // Another Grace has her old address.
    await expect(logIn(MOVED, next)).rejects.toMatchObject({ code: 'account.exists' });
    expect((await logIn({ ...MOVED, email: 'hopper@corp.example' }, next)).id).toBe(id);
  });

  it('links nobody by an address that the old issuer gave to two', async () => {
    const { accounts, logIn } = installation();
    await logIn({ ...GRACE, email: 'first@corp.example' });
    await logIn(GRACE);
    const [one] = accounts;
    accounts.push({ ...one!, id: 'other', email: 'o@corp.example', identity: 'of another subject' });
    await expect(logIn(MOVED, next)).rejects.toMatchObject({ code: 'account.exists' });
  });

  it('links people of before these were kept by their own addresses, and nobody of a third issuer', async () => {
    const linked = { ...ACCOUNT, emailVerifiedAt: NOW, identity: 'of the old issuer' };
    expect((await installation(linked).logIn(MOVED, next)).id).toBe('known');
    const third = { identityIssuer: 'https://third.example', identityEmail: 'grace@corp.example' };
    await expect(installation({ ...linked, ...third }).logIn(MOVED, next)).rejects.toMatchObject({
      code: 'account.exists',
    });
    const { emailVerifiedAt: _, ...unverified } = linked;
    await expect(installation(unverified).logIn(MOVED, next)).rejects.toMatchObject({
      code: 'account.exists',
    });
  });
});
