import { list } from '@parlance/config';
import { tenantSchema } from '@parlance/contracts';

/** Models that are for some tenants alone, each with those tenants. */
export type TenantModelTable = ReadonlyMap<string, ReadonlySet<string>>;

/** `tenant:model`, comma separated. */
const entries = list().transform((texts, context): TenantModelTable => {
  const table = new Map<string, Set<string>>();
  for (const [index, text] of texts.entries()) {
    const [tenant = '', model = '', ...others] = text.split(':');
    if (others.length > 0 || !tenantSchema.safeParse(tenant).success || !/^[\w.-]+$/.test(model))
      context.addIssue({ code: 'custom', message: `entry ${index + 1} must read TENANT:MODEL` });
    table.set(model, (table.get(model) ?? new Set()).add(tenant));
  }
  return table;
});

export const tenantModelsEnv = {
  /** Models of the Open Inference Protocol that are for these tenants alone; every tenant may use the others. */
  PARLANCE_TENANT_MODELS: entries,
};

/** Whether a tenant may know of a model. */
export function mayUse(table: TenantModelTable, tenant: string, model: string): boolean {
  return table.get(model)?.has(tenant) ?? true;
}

/** Whether nobody else may use a model that a tenant may use. */
export function isOfTenantAlone(table: TenantModelTable, tenant: string, model: string): boolean {
  const tenants = table.get(model);
  return tenants?.size === 1 && tenants.has(tenant);
}
