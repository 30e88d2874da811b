import { Injectable } from '@nestjs/common';
import { ulid } from 'ulid';
import { LIMIT_NAMES, SCOPES, type Limits } from '@parlance/contracts';
import { AppError } from '@parlance/errors';
import { ApiKeyRepository, type ApiKeyRecord } from '@parlance/persistence';
import { requireOwner, type Caller } from '../auth/caller.js';
import { newKey } from '../auth/key-format.js';
import { StoredKeys } from '../auth/stored-keys.service.js';
import {
  keyChangeSchema,
  keyCreateSchema,
  keyPageSchema,
  keyRotateSchema,
  type KeyCreate,
} from '../http/access.schema.js';
import { parseRequest } from '../http/request-fields.js';

/** Keys of a tenant that are not revoked. */
const MOST_KEYS = 200;

/** A tenant's API keys: made, listed, replaced, revoked. A key is told once, when it is made. */
@Injectable()
export class KeyManagement {
  constructor(
    private readonly keys: ApiKeyRepository,
    private readonly storedKeys: StoredKeys,
  ) {}

  /** @throws AppError request.invalid, auth.forbidden where the caller would get more than it has, quota.exceeded */
  async create(caller: Caller, body: unknown, now = new Date()) {
    const wanted = parseRequest(keyCreateSchema, body);
    this.refuseMoreThan(caller, wanted);
    if (wanted.expiresAt && wanted.expiresAt <= now)
      throw new AppError('request.invalid', 'expiresAt: must lie in the future');
    await this.refuseTooMany(caller.tenant);
    const limits = withinOwn(caller, wanted.limits);
    return this.make({ tenant: caller.tenant, ...wanted, limits }, now);
  }

  /** The key by which a new organisation begins. */
  async createFirst(tenant: string, now = new Date()) {
    return this.make({ tenant, name: 'First key', role: 'owner', scopes: [...SCOPES] }, now);
  }

  /** Takes a first key back that nobody was told. */
  async withdraw(tenant: string, id: string): Promise<void> {
    await this.keys.revoke(tenant, id);
  }

  async page({ tenant }: Caller, query: unknown, now = new Date()) {
    const { limit, cursor } = parseRequest(keyPageSchema, query);
    const found = await this.keys.page(tenant, cursor, limit + 1);
    const page = found.slice(0, limit);
    const nextCursor = found.length > limit ? page.at(-1)!.id : null;
    return { keys: page.map((key) => viewOf(key, now)), nextCursor };
  }

  async find({ tenant }: Caller, id: string, now = new Date()) {
    return viewOf(await this.keys.get(tenant, id), now);
  }

  /**
   * Makes a key like another one, which works on for a while.
   * @returns the new key
   * @throws AppError key.not_found, auth.forbidden, request.conflict where it is replaced or revoked already
   */
  async rotate(caller: Caller, id: string, body: unknown, now = new Date()) {
    const { overlapSeconds } = parseRequest(keyRotateSchema, body ?? {});
    const old = await this.keys.get(caller.tenant, id);
    this.refuseMoreThan(caller, old);
    if (old.replacedBy !== undefined || statusOf(old, now) !== 'active') throw notReplaceable();
    await this.refuseTooMany(caller.tenant);
    const overlapEnd = now.getTime() + overlapSeconds * 1000;
    const ends = new Date(Math.min(overlapEnd, old.expiresAt?.getTime() ?? Infinity));
    const { tenant, name, role, scopes, expiresAt, limits } = old;
    const like = {
      tenant,
      name,
      role,
      scopes,
      limits: withinOwn(caller, limits),
      ...(expiresAt ? { expiresAt } : {}),
    };
    const made = await this.make(like, now);
    if (!(await this.keys.replace(tenant, id, made.id, ends))) {
      await this.keys.revoke(tenant, made.id, now);
      throw notReplaceable();
    }
    this.storedKeys.forget(old.prefix);
    return made;
  }

  /** Changes the name, and by an owner the limits. @throws AppError key.not_found, auth.forbidden, request.conflict */
  async update(caller: Caller, id: string, body: unknown, now = new Date()) {
    const { version, name, limits } = parseRequest(keyChangeSchema, body);
    if (limits) requireOwner(caller);
    const key = await this.keys.get(caller.tenant, id);
    this.refuseMoreThan(caller, { role: key.role, scopes: [], expiresAt: new Date(0) });
    const change = { ...(name === undefined ? {} : { name }), ...(limits ? { limits } : {}) };
    const changed = await this.keys.update(caller.tenant, id, version, change);
    this.storedKeys.forget(key.prefix);
    return viewOf(changed, now);
  }

  /** @throws AppError key.not_found, auth.forbidden */
  async revoke(caller: Caller, id: string): Promise<void> {
    const key = await this.keys.get(caller.tenant, id);
    this.refuseMoreThan(caller, { role: key.role, scopes: [], expiresAt: new Date(0) });
    await this.keys.revoke(caller.tenant, id);
    this.storedKeys.forget(key.prefix);
  }

  private async make(
    wanted: Pick<ApiKeyRecord, 'tenant' | 'name' | 'role' | 'scopes' | 'expiresAt'> & {
      readonly limits?: Limits | undefined;
    },
    now: Date,
  ) {
    const { key, ...kept } = newKey();
    const { tenant, name, role, scopes, expiresAt, limits } = wanted;
    const record: ApiKeyRecord = {
      ...{ id: ulid(), tenant, ...kept, name, role, scopes, createdAt: now },
      ...(expiresAt ? { expiresAt } : {}),
      ...(limits ? { limits } : {}),
    };
    await this.keys.create(record);
    return { ...viewOf(record, now), key };
  }

  /** Nobody gives what they do not have. */
  private refuseMoreThan(
    caller: Caller,
    { role, scopes, expiresAt }: Pick<KeyCreate, 'role' | 'scopes' | 'expiresAt'> | ApiKeyRecord,
  ) {
    const outlasts = !expiresAt || expiresAt.getTime() > (caller.expiresAt ?? Infinity);
    // An access token is short-lived by its nature, and says nothing of how long its owner may do this.
    if (caller.scopes && caller.expiresAt !== undefined && outlasts)
      throw new AppError('auth.forbidden', 'The key would last longer than that of the caller.');
    if (role === 'owner' && caller.role !== 'owner')
      throw new AppError('auth.forbidden', 'Only an owner makes, replaces or revokes the key of an owner.');
    if (scopes.includes('access') && role !== 'owner' && role !== 'admin')
      throw new AppError('request.invalid', 'scopes: access needs the role owner or admin');
    const missing = scopes.filter((scope) => caller.scopes && !caller.scopes.includes(scope));
    if (missing.length > 0)
      throw new AppError('auth.forbidden', `The caller does not have the scopes ${missing.join(', ')}.`);
  }

  private async refuseTooMany(tenant: string): Promise<void> {
    if ((await this.keys.count(tenant)) >= MOST_KEYS)
      throw new AppError('quota.exceeded', `A tenant has ${MOST_KEYS} keys at most: revoke some.`);
  }
}

/** What a key that has limits makes has the same, or lower ones. @throws AppError auth.forbidden */
function withinOwn({ keyLimits = {} }: Caller, wanted: Limits | undefined): Limits | undefined {
  for (const name of LIMIT_NAMES) {
    const own = keyLimits[name];
    const asked = wanted?.[name];
    if (own && asked !== undefined && (asked === 0 || asked > own))
      throw new AppError('auth.forbidden', `limits.${name}: the caller's own key has ${own}.`);
  }
  const limits = { ...keyLimits, ...wanted };
  return Object.keys(limits).length > 0 ? limits : undefined;
}

function statusOf({ revokedAt, expiresAt }: ApiKeyRecord, now: Date) {
  if (revokedAt) return 'revoked';
  return expiresAt && expiresAt <= now ? 'expired' : 'active';
}

/** A key as its tenant sees it. */
function viewOf(key: ApiKeyRecord, now: Date) {
  const { id, name, prefix, role, scopes, createdAt, expiresAt, revokedAt, lastUsedAt, replacedBy } = key;
  return {
    ...{ id, name, prefix: `pk_${prefix}`, role, scopes, status: statusOf(key, now) },
    createdAt: createdAt.toISOString(),
    expiresAt: expiresAt?.toISOString() ?? null,
    revokedAt: revokedAt?.toISOString() ?? null,
    lastUsedAt: lastUsedAt?.toISOString() ?? null,
    replacedBy: replacedBy ?? null,
    limits: key.limits ?? {},
    version: key.version ?? 1,
  };
}

function notReplaceable(): AppError {
  return new AppError('request.conflict', 'The key is replaced, revoked or expired already.');
}
