import { Injectable } from '@nestjs/common';
import { ulid } from 'ulid';
import { displayNameSchema, type Role } from '@parlance/contracts';
import { AppError } from '@parlance/errors';
import {
  AccountRepository,
  type AccountRecord,
  type IdentityProviderRecord,
  type LinkedIdentity,
} from '@parlance/persistence';
import { LogIns } from '../access/log-ins.service.js';
import { AuditLog } from '../audit/audit-log.service.js';
import { hashOf } from '../auth/key-format.js';
import { OwnTokens } from '../auth/own-tokens.service.js';
import { emailSchema } from '../http/accounts.schema.js';
import { isSameIssuer } from './oidc-settings.service.js';

/** What a provider says of a person. */
export type Claims = Readonly<Record<string, unknown>> & { readonly sub: string };

/** Accounts of people whom an organisation's own provider knows: made at the first log-in, known by issuer and subject. */
@Injectable()
export class OidcAccounts {
  constructor(
    private readonly accounts: AccountRepository,
    private readonly tokens: OwnTokens,
    private readonly logIns: LogIns,
    private readonly audit: AuditLog,
  ) {}

  /**
   * What it changes stands in the audit log.
   * @param address  of who logs in
   * @returns the person's account, with the role that the provider gives it now
   * @throws AppError oidc.refused where the address is none of the organisation's; account.exists where it is another account's
   */
  async accountFor(
    provider: IdentityProviderRecord,
    claims: Claims,
    address: string,
    now = new Date(),
  ): Promise<AccountRecord> {
    const { tenant, issuer } = provider;
    const email = addressOf(provider, claims);
    const linked = { identity: hashOf([tenant, issuer, claims.sub].join('\n')), issuer, email };
    const person: Person = { provider, claims, linked, address };
    const known = await this.accounts.findByIdentity(tenant, linked.identity);
    if (known) return this.withRole(await this.noted(known, linked), person);
    const owner = await this.ownerOf(person, now);
    if (owner) return this.withRole(await this.link(owner, person, now), person);
    return this.create(person, now);
  }

  private async create(person: Person, now: Date): Promise<AccountRecord> {
    const { provider, claims, linked } = person;
    const { identity, issuer, email } = linked;
    const account: AccountRecord = {
      ...{ id: ulid(), tenant: provider.tenant, email, emailVerifiedAt: now },
      ...{ identity, identityIssuer: issuer, identityEmail: email },
      role: roleBy(provider, claims) ?? provider.defaultRole,
      profile: { name: nameBy(claims, email), targetLanguages: [], goals: [] },
      ...{ generation: 0, version: 1, createdAt: now },
    };
    try {
      await this.accounts.create(account);
    } catch (error) {
      // Two first log-ins at once: one has made it.
      const made = await this.accounts.findByIdentity(provider.tenant, identity);
      if (made) return made;
      throw error;
    }
    await this.write('account.create', account, person);
    return account;
  }

  /** The account that is to be the person's, whom the provider names for the first time: the one that the issuer before has linked, or
   *  the one of the address. @throws AppError account.exists where it is somebody else's */
  private async ownerOf({ provider, linked }: Person, now: Date): Promise<AccountRecord | undefined> {
    const { tenant, movedFrom } = provider;
    const from = movedFrom && now < movedFrom.until ? movedFrom.issuer : undefined;
    const isMoved = ({ identityIssuer = from }: AccountRecord): boolean =>
      from !== undefined && isSameIssuer(identityIssuer ?? '', from);
    const named = from === undefined ? [] : await this.accounts.findByIdentityEmail(tenant, linked.email);
    const [mover, ...others] = named.filter(isMoved);
    if (mover) {
      // An address that was given to somebody else meanwhile says of neither who it is.
      if (others.length > 0) throw notLinked();
      return mover;
    }
    const owner = await this.accounts.findByEmail(tenant, linked.email);
    if (!owner) return undefined;
    if (!owner.emailVerifiedAt) throw notLinked();
    if (owner.identity === undefined) return owner;
    // One of which no address of the provider is known was linked before these were kept.
    if (isMoved(owner) && owner.identityEmail === undefined) return owner;
    throw notLinked();
  }

  /** Both sides have verified the address. Whoever made the account, perhaps with the address of somebody else, is logged out of it,
   *  and has no password for it any more. */
  private async link(owner: AccountRecord, person: Person, now: Date): Promise<AccountRecord> {
    const { tenant, id } = owner;
    if (!(await this.accounts.link(tenant, id, person.linked, owner.identity, now))) {
      // Another log-in was first: the same person's, or one of somebody with the same address.
      const linked = await this.accounts.findByIdentity(tenant, person.linked.identity);
      if (!linked) throw notLinked();
      return linked;
    }
    await this.logIns.endAll(owner);
    await this.write('account.link', owner, person, { moved: owner.identity !== undefined });
    return this.accounts.get(tenant, id);
  }

  /** Keeps by which address the provider names the person, for the day when it moves. */
  private async noted(account: AccountRecord, linked: LinkedIdentity): Promise<AccountRecord> {
    const { issuer, email } = linked;
    if (account.identityIssuer !== issuer || account.identityEmail !== email)
      await this.accounts.noteIdentity(account.tenant, account.id, linked);
    return account;
  }

  private async withRole(account: AccountRecord, person: Person): Promise<AccountRecord> {
    const { provider, claims } = person;
    const role =
      roleBy(provider, claims) ?? (provider.roles.length > 0 ? provider.defaultRole : account.role);
    if (role === account.role || account.role === 'owner') return account;
    await this.accounts.setRole(account.tenant, account.id, role);
    this.tokens.forget(account);
    await this.write('account.role', account, person, { from: account.role, to: role });
    return { ...account, role };
  }

  private async write(
    action: string,
    { tenant, id, role }: AccountRecord,
    { address }: Person,
    details: Readonly<Record<string, string | boolean>> = {},
  ): Promise<void> {
    await this.audit.write({
      ...{ tenant, role, user: id, action, address },
      ...{ target: { kind: 'learner', id }, details: { by: 'oidc', ...details } },
    });
  }
}

/** Somebody who logs in. */
interface Person {
  readonly provider: IdentityProviderRecord;
  readonly claims: Claims;
  readonly linked: LinkedIdentity;
  readonly address: string;
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

function notLinked(): AppError {
  return new AppError('account.exists', 'There is an account of this e-mail address that is not linked.');
}

function refused(message: string): AppError {
  return new AppError('oidc.refused', message);
}
