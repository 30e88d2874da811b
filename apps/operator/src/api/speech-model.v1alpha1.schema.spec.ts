import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { SCALING_DEFAULTS } from '@parlance/scaling';
import { speechModel } from '../../../../test/support/operator-plan-factory.js';

interface Schema {
  readonly default?: unknown;
  readonly properties?: Readonly<Record<string, Schema>>;
}
interface Definition {
  readonly spec: { readonly versions: readonly { readonly schema: { readonly openAPIV3Schema: Schema } }[] };
}

const definition = parse(readFileSync('k8s/crds/speechmodels.parlance.dev.yaml', 'utf8')) as Definition;
const spec = definition.spec.versions[0]?.schema.openAPIV3Schema.properties?.spec;
const { behavior, demand, drainSeconds, targetFraction } = SCALING_DEFAULTS;

describe('a SpeechModel that says nothing of scaling', () => {
  const asSimulated = {
    streamsPercent: 100 * targetFraction,
    queueWaitMs: 1000 * demand.queueWaitLimitSeconds,
    leadSeconds: demand.leadSeconds,
    scaleDownSeconds: behavior.scaleDown.stabilizationWindowSeconds,
  };

  it('is scaled as the simulation chose', () => {
    expect(speechModel().spec.autoscaling).toMatchObject(asSimulated);
    expect(speechModel().spec.drainSeconds).toBe(drainSeconds);
  });

  it('is given the same by the API server', () => {
    const defaults = Object.entries(spec?.properties?.autoscaling?.properties ?? {}).map(
      ([name, field]) => [name, field.default] as const,
    );
    expect(Object.fromEntries(defaults)).toMatchObject(asSimulated);
    expect(spec?.properties?.drainSeconds?.default).toBe(drainSeconds);
  });
});
