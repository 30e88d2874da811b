import { describe, expect, it } from '@jest/globals';
import type { RolloutPhase, RolloutStatus } from '../api/speech-model.js';
import { NOW, pod, podLoad, speechModel, workload } from '../../../../test/support/operator-plan-factory.js';
import { nextRollout, type RolloutFacts } from './rollout.js';
import { liveWorkload } from './workload.js';

const model = speechModel();
const ago = (seconds: number) => new Date(NOW.getTime() - seconds * 1000).toISOString();
const live = (revision: string, replicas: number) =>
  liveWorkload(workload(model, revision, replicas), revision);

function status(phase: RolloutPhase, rest: Partial<RolloutStatus> = {}): RolloutStatus {
  return {
    phase,
    revision: 'new',
    fromRevision: 'old',
    weight: 0,
    step: 0,
    startedAt: ago(20),
    stepStartedAt: ago(10),
    message: '',
    ...rest,
  };
}

const settings = { ...model.spec.rollout, weights: [10, 50], stepSeconds: 60, deadlineSeconds: 300 };
const golden = { configMapName: 'golden', maxWordErrorPercent: 15 };

/** Four old pods serve; the new revision is asked for, with as many ready pods as given. */
function facts(newPods: number, rest: Partial<RolloutFacts> = {}): RolloutFacts {
  return {
    settings,
    wanted: 'new',
    stable: 'old',
    status: undefined,
    workloads: [live('old', 4), live('new', newPods)],
    pods: Array.from({ length: newPods }, (_, i) => pod('new', `n${i}`)),
    golden: undefined,
    now: NOW,
    ...rest,
  };
}

describe('nextRollout', () => {
  it.each<
    [string, RolloutFacts, { phase?: RolloutPhase; weight?: number; replicas?: number; stable: string }]
  >([
    ['the first revision serves at once', facts(0, { stable: undefined }), { stable: 'new' }],
    ['the revision that serves is asked for: nothing', facts(0, { wanted: 'old' }), { stable: 'old' }],
    [
      'a new revision starts with the pods of its first weight',
      facts(0),
      { phase: 'Starting', weight: 0, replicas: 1, stable: 'old' },
    ],
    [
      'it waits for its pods',
      facts(0, { status: status('Starting') }),
      { phase: 'Starting', replicas: 1, stable: 'old' },
    ],
    [
      'its pods are ready, nothing to check: the first weight',
      facts(1, { status: status('Starting') }),
      { phase: 'Shifting', weight: 10, stable: 'old' },
    ],
    [
      'its pods are ready: golden utterances',
      facts(1, { settings: { ...settings, golden }, status: status('Starting') }),
      { phase: 'Checking', weight: 0, stable: 'old' },
    ],
    [
      'golden utterances are right: the first weight',
      facts(1, {
        settings: { ...settings, golden },
        status: status('Checking'),
        golden: { revision: 'new', wordErrorPercent: 4 },
      }),
      { phase: 'Shifting', weight: 10, stable: 'old' },
    ],
    [
      'the check of another revision does not count',
      facts(1, {
        settings: { ...settings, golden },
        status: status('Checking'),
        golden: { revision: 'other', wordErrorPercent: 0 },
      }),
      { phase: 'Checking', stable: 'old' },
    ],
    [
      'a step lasts its time',
      facts(2, { status: status('Shifting', { weight: 10, stepStartedAt: ago(59) }) }),
      { phase: 'Shifting', weight: 10, stable: 'old' },
    ],
    [
      'and then has the pods of the next weight before streams come',
      facts(1, { status: status('Shifting', { weight: 10, stepStartedAt: ago(61) }) }),
      { phase: 'Shifting', weight: 10, replicas: 2, stable: 'old' },
    ],
    [
      'then the next weight',
      facts(2, { status: status('Shifting', { weight: 10, stepStartedAt: ago(61) }) }),
      { phase: 'Shifting', weight: 50, stable: 'old' },
    ],
    [
      'the last weight is over and all pods are there: it serves',
      facts(4, { status: status('Shifting', { weight: 50, step: 1, stepStartedAt: ago(61) }) }),
      { phase: 'Completed', weight: 100, stable: 'new' },
    ],
    [
      'Replace moves all at once, unchecked',
      facts(4, { settings: { ...settings, golden, strategy: 'Replace' }, status: status('Starting') }),
      { phase: 'Completed', weight: 100, stable: 'new' },
    ],
    [
      'yet another revision begins anew',
      facts(2, { wanted: 'newer', status: status('Shifting', { weight: 10 }) }),
      { phase: 'Starting', weight: 0, stable: 'old' },
    ],
    [
      'the old revision is asked for again: the rollout ends',
      facts(2, { wanted: 'old', status: status('Shifting') }),
      { stable: 'old' },
    ],
    [
      'what was rolled back stays so',
      facts(0, { status: status('RolledBack') }),
      { phase: 'RolledBack', stable: 'old' },
    ],
  ])('%s', (_, given, expected) => {
    const { rollout, stable, candidate } = nextRollout(given);
    expect(stable).toBe(expected.stable);
    expect(rollout?.phase).toBe(expected.phase);
    if (expected.weight !== undefined) expect(rollout?.weight).toBe(expected.weight);
    if (expected.replicas !== undefined) expect(candidate?.replicas).toBe(expected.replicas);
    if (expected.phase === 'Completed' || expected.phase === 'RolledBack') expect(candidate).toBeUndefined();
  });

  const shifting = status('Shifting', { weight: 10 });
  it.each<[string, RolloutFacts, RegExp]>([
    [
      'pods that are not ready in time',
      facts(0, { status: status('Starting', { stepStartedAt: ago(301) }) }),
      /0 of 1 pods were ready in time/,
    ],
    [
      'golden utterances that are wrong',
      facts(1, {
        settings: { ...settings, golden },
        status: status('Checking'),
        golden: { revision: 'new', wordErrorPercent: 41.7 },
      }),
      /41\.7 % of the words of the golden utterances are wrong, 15 % are allowed/,
    ],
    [
      'golden utterances that cannot be checked in time',
      facts(1, {
        settings: { ...settings, golden },
        status: status('Checking', { stepStartedAt: ago(301) }),
        golden: { revision: 'new', fault: 'no such map' },
      }),
      /could not be checked: no such map/,
    ],
    [
      'workers that are lost',
      facts(0, { status: shifting, pods: [pod('new', 'n', { load: podLoad(1, { workersLost: 2 }) })] }),
      /its pods lost 2 workers/,
    ],
    [
      'calls that fail',
      facts(0, {
        status: shifting,
        pods: [
          pod('new', 'n', { load: podLoad(1, { failed: 2, answered: 90 }) }),
          pod('new', 'm', { load: podLoad(1, { failed: 1, answered: 7 }) }),
        ],
      }),
      /3 of 100 calls failed at its pods, 2 % are allowed/,
    ],
    [
      'finals that take longer',
      facts(0, {
        status: shifting,
        pods: [
          pod('old', 'o', { load: podLoad(1, { finalMs: 200 }) }),
          pod('new', 'n', { load: podLoad(1, { finalMs: 500 }) }),
        ],
      }),
      /a final takes 500 ms, 250 % of the 200 ms before/,
    ],
  ])('rolls back on %s', (_, given, message) => {
    const { rollout, stable, candidate, events } = nextRollout(given);
    expect(rollout).toMatchObject({
      phase: 'RolledBack',
      weight: 0,
      message: expect.stringMatching(message),
    });
    expect({ stable, candidate }).toEqual({ stable: 'old', candidate: undefined });
    expect(events).toEqual([expect.objectContaining({ type: 'Warning', reason: 'RolledBack' })]);
  });

  it.each<[string, Parameters<typeof podLoad>[1], string]>([
    ['a single one', { failed: 1, answered: 0 }, 'new'],
    ['a share that is allowed', { failed: 20, answered: 1_980 }, 'new'],
    ['those of the old version', { failed: 50, answered: 50 }, 'old'],
  ])('does not roll back on calls that fail: %s', (_, load, revision) => {
    const pods = [pod('new', 'n'), pod(revision, 'p', { load: podLoad(1, load) })];
    expect(nextRollout(facts(0, { status: shifting, pods })).rollout?.phase).toBe('Shifting');
  });
});
