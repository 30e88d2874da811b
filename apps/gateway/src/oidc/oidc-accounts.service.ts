import { Injectable } from '@nestjs/common';
import { ulid } from 'ulid';
import { displayNameSchema, type Role } from '@parlance/contracts';
import { AppError } from '@parlance/errors';
import { AccountRepository, type AccountRecord, type IdentityProviderRecord } from '@parlance/persistence';
import { LogIns } from '../access/log-ins.service.js';
import { hashOf } from '../auth/key-format.js';
import { OwnTokens } from '../auth/own-tokens.service.js';
import { emailSchema } from '../http/accounts.schema.js';

/** What a provider says of a person. */
export type Claims = Readonly<Record<string, unknown>> & { readonly sub: string };

/** Accounts of people whom an organisation's own provider knows: made at the first log-in, known by issuer and subject. */
@Injectable()
export class OidcAccounts {
  constructor(
    private readonly accounts: AccountRepository,
    private readonly tokens: OwnTokens,
    private readonly logIns: LogIns,
  ) {}

  /**
   * @returns the person's account, with the role that the provider gives it now
   * @throws AppError oidc.refused where the address is none of the organisation's; account.exists where it is another account's
   */
  async accountFor(
    provider: IdentityProviderRecord,
    claims: Claims,
    now = new Date(),
  ): Promise<AccountRecord> {
    const { tenant, issuer } = provider;
    const email = addressOf(provider, claims);
    const identity = hashOf([tenant, issuer, claims.sub].join('\n'));
    const known = await this.accounts.findByIdentity(tenant, identity);
    if (known) return this.withRole(known, provider, claims);
    const owner = await this.accounts.findByEmail(tenant, email);
    if (owner) return this.withRole(await this.link(owner, identity, now), provider, claims);
    const account: AccountRecord = {
      ...{ id: ulid(), tenant, email, emailVerifiedAt: now, identity },
      role: roleBy(provider, claims) ?? provider.defaultRole,
      profile: { name: nameBy(claims, email), targetLanguages: [], goals: [] },
      ...{ generation: 0, version: 1, createdAt: now },
    };
    try {
      await this.accounts.create(account);
      return account;
    } catch (error) {
      // Two first log-ins at once: one has made it.
      const made = await this.accounts.findByIdentity(tenant, identity);
      if (made) return made;
      throw error;
    }
  }

  /** Both sides have verified the address. Whoever made the account, perhaps with the address of somebody else, is logged out of it,
   *  and has no password for it any more. */
  private async link(owner: AccountRecord, identity: string, now: Date): Promise<AccountRecord> {
    if (!owner.emailVerifiedAt || owner.identity !== undefined)
      throw new AppError('account.exists', 'There is an account of this e-mail address that is not linked.');
    await this.accounts.link(owner.tenant, owner.id, identity, now);
    await this.logIns.endAll(owner);
    return this.accounts.get(owner.tenant, owner.id);
  }

  private async withRole(
    account: AccountRecord,
    provider: IdentityProviderRecord,
    claims: Claims,
  ): Promise<AccountRecord> {
    const role =
      roleBy(provider, claims) ?? (provider.roles.length > 0 ? provider.defaultRole : account.role);
    if (role === account.role || account.role === 'owner') return account;
    await this.accounts.setRole(account.tenant, account.id, role);
    this.tokens.forget(account);
    return { ...account, role };
  }
}

/** The person's verified address, of one of the organisation's domains. @throws AppError oidc.refused */
function addressOf(provider: IdentityProviderRecord, claims: Claims): string {
  const email = emailSchema.safeParse(claims.email);
  if (!email.success) throw refused('The OpenID provider gives no e-mail address.');
  // RFC 9700 and the providers' own advice: an address that nobody has verified says nothing.
  const isVerified =
    claims.email_verified === true || (provider.trustsAddresses && claims.email_verified !== false);
  if (!isVerified) throw refused('The OpenID provider has not verified the e-mail address.');
  if (!provider.domains.includes(email.data.slice(email.data.lastIndexOf('@') + 1)))
    throw refused('The e-mail address is of a domain that the organisation does not let in.');
  return email.data;
}

/** The role of the first rule that fits; undefined where none does. */
function roleBy({ roleClaim, roles }: IdentityProviderRecord, claims: Claims): Role | undefined {
  const claim = Object.hasOwn(claims, roleClaim) ? claims[roleClaim] : undefined;
  const values = Array.isArray(claim) ? claim : [claim];
  return roles.find(({ value }) => values.includes(value))?.role;
}

function nameBy({ name }: Claims, email: string): string {
  for (const candidate of [name, email.slice(0, email.lastIndexOf('@'))]) {
    const parsed = displayNameSchema.safeParse(candidate);
    if (parsed.success) return parsed.data;
  }
  return '—';
}

function refused(message: string): AppError {
  return new AppError('oidc.refused', message);
}
