import { describe, expect, it } from '@jest/globals';
import {
  namesOf,
  observed,
  revisionFor,
  speechModel,
  workload,
} from '../../../../test/support/operator-plan-factory.js';
import type { KubeObject } from '../kit/kube-object.js';
import { digestOf, isApplied } from '../kit/server-side-apply.js';
import { planSpeechModel } from './speech-model.plan.js';

const before = speechModel({ replicas: { min: 3 } });
const old = revisionFor(before);
const changed = { precision: 'f32', replicas: { min: 3 } };
const wanted = revisionFor(speechModel(changed));

/** As the cluster has an object that was applied. */
const applied = (object: KubeObject): KubeObject => ({
  ...object,
  metadata: { ...object.metadata, annotations: { 'parlance.dev/applied': digestOf(object) } },
});
/** What there is of the old version, as a plan has made it. */
const asked = planSpeechModel(observed(before)).apply;
const made = asked.map(applied);
const planOf = (children: readonly KubeObject[]) =>
  planSpeechModel(observed(speechModel(changed, { stableRevision: old }), { children }));

const OLD = [`ConfigMap/english-${old}`, `Deployment/english-${old}`];
const ofOld = (objects: readonly KubeObject[]) =>
  objects.filter((object) => OLD.includes(namesOf([object])[0]!));

describe('the objects of a revision that serves while another one comes', () => {
  it('are asked for as they were made, so that drift is repaired and nothing else is written', () => {
    const { apply, remove } = planOf(made);
    expect(ofOld(apply)).toEqual(ofOld(asked));
    for (const object of ofOld(apply))
      expect(
        isApplied(
          object,
          made.find(({ kind, metadata }) => kind === object.kind && metadata.name === object.metadata.name)!,
        ),
      ).toBe(true);
    expect(namesOf(apply)).toContain(`Deployment/english-${wanted}`);
    expect(remove).toEqual([]);
  });

  it('are made again where somebody has removed them', () => {
    const { apply, status } = planOf(made.filter((object) => ofOld([object]).length === 0));
    expect(status.stableRevision).toBe(old);
    expect(ofOld(apply)).toEqual(ofOld(asked));
  });

  it.each([
    ['changed by hand', JSON.stringify([{ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'x' } }])],
    ['not to be read', '{'],
  ])('are left as they are where their record is %s', (_, objects) => {
    const { apply, remove } = planOf(
      made.map((object) =>
        object.metadata.name.endsWith('-objects') ? { ...object, data: { objects } } : object,
      ),
    );
    expect(ofOld(apply)).toEqual([]);
    expect(namesOf(apply)).not.toContain('Secret/x');
    expect(remove).toEqual([]);
  });

  it.each([
    ['another name', { kind: 'Deployment', metadata: { name: 'other', namespace: 'speech' } }],
    [
      'another namespace',
      { kind: 'Deployment', metadata: { name: `english-${old}`, namespace: 'kube-system' } },
    ],
    [
      'another kind',
      { kind: 'ClusterRoleBinding', metadata: { name: `english-${old}`, namespace: 'speech' } },
    ],
    ['no object', null],
  ])('are not made of a record that somebody has signed anew, with %s', (_, foreign) => {
    const record = asked.find(({ metadata }) => metadata.name.endsWith('-objects'))!;
    const signed = applied({ ...record, data: { objects: JSON.stringify([foreign]) } });
    const { apply } = planOf(
      made.map((object) => (object.metadata.name === record.metadata.name ? signed : object)),
    );
    expect(ofOld(apply)).toEqual([]);
    expect(apply.some(({ metadata }) => metadata.namespace === 'kube-system')).toBe(false);
    for (const name of ['Deployment/other', `ClusterRoleBinding/english-${old}`])
      expect(namesOf(apply)).not.toContain(name);
  });

  it('go with their record when the other revision serves', () => {
    const model = speechModel(changed, { stableRevision: wanted });
    const { remove } = planSpeechModel(observed(model, { children: [...made, workload(model, wanted, 3)] }));
    expect(namesOf(remove).sort()).toEqual(
      [...OLD, `ConfigMap/english-${old}-objects`, `Service/english-${old}`].sort(),
    );
  });
});
