import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { AppError } from '@parlance/errors';
import { OrganisationRepository, type OrganisationRecord } from '@parlance/persistence';
import { requireOwner, requireRole, type Caller } from '../auth/caller.js';
import { QuotaLimits } from '../quotas/quota-limits.service.js';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';
import {
  organisationChangeSchema,
  organisationCreateSchema,
  organisationPageSchema,
} from '../http/access.schema.js';
import { parseRequest } from '../http/request-fields.js';
import { KeyManagement } from './key-management.service.js';

/** Organisations, of which each is a tenant: one sees itself alone, whoever manages the installation sees all. */
@Injectable()
export class Organisations implements OnApplicationBootstrap {
  constructor(
    private readonly organisations: OrganisationRepository,
    private readonly keys: KeyManagement,
    private readonly limits: QuotaLimits,
    @Inject(GATEWAY_CONFIG) private readonly config: Pick<GatewayConfig, 'tenants' | 'tokens'>,
  ) {}

  /** Tenants of the configuration are organisations as well: nobody may make one by their names. */
  async onApplicationBootstrap(): Promise<void> {
    const { tenants, tokens } = this.config;
    const names = new Set([...tenants.keys, ...tokens.secrets].map(({ tenant }) => tenant));
    for (const tenant of names) await this.organisations.create(tenant, tenant);
  }

  /** @returns the organisation with its first key
   *  @throws AppError auth.forbidden, request.invalid, organisation.exists */
  async create(caller: Caller, body: unknown) {
    if (!caller.managesInstallation)
      throw new AppError(
        'auth.forbidden',
        'Organisations are made with a configured key of PARLANCE_MANAGING_TENANT.',
      );
    const { id, name } = parseRequest(organisationCreateSchema, body);
    // The key first: an organisation without one could not be helped any more.
    const ownerKey = await this.keys.createFirst(id);
    const made = await this.organisations.create(id, name);
    if (made) return { organisation: viewOf(made), ownerKey };
    await this.keys.withdraw(id, ownerKey.id);
    throw new AppError('organisation.exists', 'There is an organisation of this id already.');
  }

  async page(caller: Caller, query: unknown) {
    const { limit, cursor } = parseRequest(organisationPageSchema, query);
    if (!caller.managesInstallation) {
      const own = await this.organisations.find(caller.tenant);
      return { organisations: own ? [viewOf(own)] : [], nextCursor: null };
    }
    const found = await this.organisations.page(cursor, limit + 1);
    const page = found.slice(0, limit);
    return {
      organisations: page.map(viewOf),
      nextCursor: found.length > limit ? page.at(-1)!.id : null,
    };
  }

  /** @throws AppError organisation.not_found, also for another tenant's */
  async find(caller: Caller, id: string) {
    return viewOf(await this.organisations.get(this.visible(caller, id)));
  }

  /** @throws AppError request.invalid, auth.forbidden, organisation.not_found, request.conflict */
  async update(caller: Caller, id: string, body: unknown) {
    const { version, ...change } = parseRequest(organisationChangeSchema, body);
    requireRole(caller, ['owner']);
    const tenant = this.visible(caller, id);
    if (change.limits && !caller.managesInstallation)
      throw new AppError(
        'auth.forbidden',
        'The limits of an organisation are set with a configured key of PARLANCE_MANAGING_TENANT.',
      );
    if (change.learnerLimits) requireOwner(caller);
    const changed = await this.organisations.update(tenant, version, change);
    this.limits.forget(tenant);
    return viewOf(changed);
  }

  private visible(caller: Caller, id: string): string {
    if (id === caller.tenant || caller.managesInstallation) return id;
    throw new AppError('organisation.not_found', 'There is no such organisation.');
  }
}

function viewOf({ createdAt, limits = {}, learnerLimits = {}, ...rest }: OrganisationRecord) {
  return { ...rest, limits, learnerLimits, createdAt: createdAt.toISOString() };
}
