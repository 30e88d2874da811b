import { describe, expect, it } from '@jest/globals';
import type { ModelStatistics__Output } from '@parlance/contracts/proto/inference/ModelStatistics';
import { AppError } from '@parlance/errors';
import type { AuditedAct, AuditLog } from '../audit/audit-log.service.js';
import type { Caller } from '../auth/caller.js';
import type { ModelName, OpenModelsClient } from './open-models.client.js';
import { TenantModels } from './tenant-models.service.js';

const ALONE = new AbortController().signal;
const OWNER: Caller = { tenant: 'acme', role: 'owner', key: 'k' };
const OTHER: Caller = { tenant: 'globex', role: 'owner', key: 'g' };
const TAGGER = { name: 'tagger', version: '' };
const INDEX = ['tagger', 'vad'].map((name) => ({ name, version: '1', state: 'READY', reason: '' }));

const counted = (name: string, count: number) =>
  ({
    name,
    version: '1',
    lastInference: count,
    inferenceCount: count,
    executionCount: count,
    inferenceStats: { success: { count, ns: 10 * count } },
    batchStats: [],
  }) as unknown as ModelStatistics__Output;

/** Two pods with a model of acme's alone and one of everybody's. */
function rig() {
  const acts: AuditedAct[] = [];
  const loaded: (string | undefined)[] = [];
  const client = {
    ready: async () => ({ ready: true }),
    metadata: async ({ name }: ModelName) => {
      if (INDEX.some((model) => model.name === name)) return { name };
      throw new AppError('model.not_found', `There is no model '${name}'.`);
    },
    index: async () => ({ models: INDEX }),
    statistics: async () => [
      { modelStats: [counted('tagger', 1), counted('vad', 2)] },
      { modelStats: [counted('vad', 3)] },
    ],
    load: async ({ modelName }: { modelName?: string }) => void loaded.push(modelName),
  } as unknown as OpenModelsClient;
  const audit = { write: async (act: AuditedAct) => void acts.push(act) } as unknown as AuditLog;
  const tenantModels = new Map([['tagger', new Set(['acme'])]]);
  return { models: new TenantModels(client, audit, { tenantModels }), acts, loaded };
}

describe('the models of a tenant', () => {
  it('are those of everybody and its own; others are as if they never were', async () => {
    const { models } = rig();
    const names = async (caller: Caller) => (await models.index(caller, {}, ALONE)).map(({ name }) => name);
    expect(await names(OWNER)).toEqual(['tagger', 'vad']);
    expect(await names(OTHER)).toEqual(['vad']);
    expect(await models.isReady(OWNER, TAGGER, ALONE)).toBe(true);
    expect(await models.isReady(OTHER, TAGGER, ALONE)).toBe(false);
    await expect(models.metadata(OTHER, TAGGER, ALONE)).rejects.toMatchObject({ code: 'model.not_found' });
    await expect(models.infer(OTHER, { modelName: 'tagger' }, ALONE)).rejects.toMatchObject({
      code: 'model.not_found',
    });
  });

  it('have statistics of all pods together', async () => {
    const { models } = rig();
    const told = await models.statistics(OTHER, { name: '', version: '' }, ALONE);
    expect(told).toMatchObject([
      { name: 'vad', lastInference: 3, inferenceCount: 5, inferenceStats: { success: { count: 5, ns: 50 } } },
    ]);
  });

  it('are loaded by an administrator of the installation, or of the tenant that has them alone', async () => {
    const { models, acts, loaded } = rig();
    await models.load(OWNER, { modelName: 'tagger' }, ALONE);
    await models.load({ ...OTHER, managesInstallation: true }, { modelName: 'vad' }, ALONE);
    expect(loaded).toEqual(['tagger', 'vad']);
    expect(acts.map(({ tenant, action, target }) => [tenant, action, target?.id])).toEqual([
      ['acme', 'model.load', 'tagger'],
      ['globex', 'model.load', 'vad'],
    ]);
  });

  it.each<[string, Caller, string, string]>([
    ['a program of the tenant', { ...OWNER, role: 'service' }, 'tagger', 'auth.forbidden'],
    ['a key without the scope', { ...OWNER, scopes: ['speech'] }, 'tagger', 'auth.forbidden'],
    ['the owner of one tenant among others', OWNER, 'vad', 'auth.forbidden'],
    ['the owner of another tenant', OTHER, 'tagger', 'model.not_found'],
  ])('are not loaded by %s', async (_, caller, modelName, code) => {
    const { models, loaded } = rig();
    await expect(models.load(caller, { modelName }, ALONE)).rejects.toMatchObject({ code });
    expect(loaded).toEqual([]);
  });

  it.each(['load', 'unload'] as const)(
    'are not told from made-up ones by an attempt to %s them',
    async (what) => {
      const { models } = rig();
      const refusal = (modelName: string) =>
        models[what](OTHER, { modelName }, ALONE).catch((error: AppError) => [error.code, error.message]);
      expect(await refusal('tagger')).toEqual(['model.not_found', "There is no model 'tagger'."]);
      expect(await refusal('nobodys')).toEqual(['model.not_found', "There is no model 'nobodys'."]);
    },
  );
});
