import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readdirSync } from 'node:fs';
import { HELM_VERSIONS, renderChart } from '../support/charts.js';
import { Kubebox } from '../support/kubebox.js';
import type { KubeObject } from '../support/kube-objects.js';

const LIMIT_MS = 600_000;
const DEFINITIONS = 'charts/parlance-crds';
const MODELS = 'charts/parlance-models';

interface SpeechModel extends KubeObject {
  readonly spec: { readonly source: object; readonly cache?: { readonly name: string } };
}

describe('the chart of custom resources', () => {
  it.each(HELM_VERSIONS)(
    'has every definition of k8s/crds, and keeps them when it is uninstalled, with Helm %i',
    async (helm) => {
      const manifests = await renderChart({ labels: { team: 'speech' } }, { helm, chart: DEFINITIONS });
      const names = readdirSync('k8s/crds').map((file) => file.replace('.yaml', ''));
      expect(names.length).toBeGreaterThan(0);
      expect(manifests.objects.map(({ metadata }) => metadata.name).sort()).toEqual(names.sort());
      for (const { metadata } of manifests.objects) {
        expect(metadata.annotations).toMatchObject({ 'helm.sh/resource-policy': 'keep' });
        expect(metadata.labels).toMatchObject({ team: 'speech' });
      }
      const loose = await renderChart({ keep: false }, { helm, chart: DEFINITIONS });
      for (const { metadata } of loose.objects) expect(metadata.annotations).toBeUndefined();
    },
    LIMIT_MS,
  );
});

describe('the chart of models', () => {
  let box: Kubebox;
  beforeAll(async () => {
    box = await Kubebox.start({ nodes: 1 });
    await box.createNamespace('speech');
    await box.helm(['install', 'crds', DEFINITIONS, '-n', 'speech']);
    await box.kubectl(['wait', '--for=condition=Established', 'crd', '--all', '--timeout=30s']);
  }, LIMIT_MS);
  afterAll(() => box?.stop(), 60_000);

  it(
    'declares the models of its overlay, which the API server takes',
    async () => {
      await box.helm(['install', 'models', MODELS, '-n', 'speech', '-f', 'helm/models-cpu.yaml']);
      const models = await box.list<SpeechModel>(
        '/apis/parlance.dev/v1alpha1/namespaces/speech/speechmodels',
      );
      expect(models.map(({ metadata }) => metadata.name).sort()).toEqual(['english', 'many-languages']);
      for (const { spec } of models) expect(spec.cache).toEqual({ name: 'shared' });
      expect(await box.get('/apis/parlance.dev/v1alpha1/namespaces/speech/modelcaches/shared')).toBeDefined();
    },
    LIMIT_MS,
  );

  it(
    'refuses a model with the words of the API server, which name the field',
    async () => {
      const values = {
        speechModels: { both: { source: { catalogue: 'whisper-base', huggingFace: { id: 'a/b' } } } },
      };
      const { text } = await renderChart(values, { chart: MODELS, namespace: 'speech' });
      const { status, errors } = await box.run('kubectl', ['apply', '-n', 'speech', '-f', '-'], {
        input: text,
      });
      expect(status).not.toBe(0);
      expect(errors).toContain('spec.source');
    },
    LIMIT_MS,
  );

  it(
    'keeps definitions and models when the chart of definitions is uninstalled',
    async () => {
      await box.helm(['uninstall', 'crds', '-n', 'speech', '--wait']);
      const models = await box.list('/apis/parlance.dev/v1alpha1/namespaces/speech/speechmodels');
      expect(models).toHaveLength(2);
    },
    LIMIT_MS,
  );

  it.each(HELM_VERSIONS)(
    'refuses a name that no pod could have, with Helm %i',
    async (helm) => {
      const values = { speechModels: { 'Not_a-name': { source: { catalogue: 'whisper-base' } } } };
      await expect(renderChart(values, { helm, chart: MODELS })).rejects.toThrow('Not_a-name');
    },
    LIMIT_MS,
  );
});
