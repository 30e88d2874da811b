import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { isOfTenantAlone, mayUse, tenantModelsEnv } from './tenant-models.config.js';

const schema = z.object(tenantModelsEnv);
const read = (text?: string) =>
  schema.parse(text === undefined ? {} : { PARLANCE_TENANT_MODELS: text }).PARLANCE_TENANT_MODELS;

describe('the models of tenants', () => {
  it('are for all where nobody is named', () => {
    expect(mayUse(read(), 'acme', 'tagger')).toBe(true);
    expect(isOfTenantAlone(read(), 'acme', 'tagger')).toBe(false);
  });

  it('are for those alone that are named', () => {
    const table = read('acme:tagger,acme:ranker,globex:ranker');
    expect(mayUse(table, 'acme', 'tagger')).toBe(true);
    expect(mayUse(table, 'globex', 'tagger')).toBe(false);
    expect(mayUse(table, 'globex', 'ranker')).toBe(true);
    expect(isOfTenantAlone(table, 'acme', 'tagger')).toBe(true);
    expect(isOfTenantAlone(table, 'acme', 'ranker')).toBe(false);
    expect(isOfTenantAlone(table, 'globex', 'tagger')).toBe(false);
  });

  it.each(['tagger', 'acme:', 'acme:../x', 'acme:tagger:globex'])(
    'have entries of a tenant and a model: %s',
    (text) => {
      expect(() => read(text)).toThrow('TENANT:MODEL');
    },
  );
});
