import type { CachedModel, ModelCache, ModelCacheStatus } from '../api/model-cache.v1alpha1.schema.js';
import { conditionsOf, type Finding } from '../kit/conditions.js';
import type { KubeObject } from '../kit/kube-object.js';
import type { PlanSettings } from '../observe/observed.js';
import { cacheClaim, cacheJob, claimNameOf, jobName } from './cache-objects.js';
import type { Plan } from './plan.js';

/** A Job that fetches and verifies one model. */
export interface FetchJob {
  readonly object: KubeObject;
  readonly state: 'Active' | 'Complete' | 'Failed';
  readonly endedAt: number | undefined;
  /** What its container said when it failed. */
  readonly fault: string | undefined;
}

export interface ObservedModelCache {
  readonly cache: ModelCache;
  readonly children: readonly KubeObject[];
  readonly foreign: readonly KubeObject[];
  readonly jobs: readonly FetchJob[];
  /** Names of models and voices that read it. */
  readonly users: readonly string[];
  readonly settings: PlanSettings;
  readonly now: Date;
}

export interface CachePlan extends Plan<ModelCacheStatus> {
  /** Whether the cache may be deleted as it stands. */
  readonly isHeld: boolean;
}

/** A fetch that failed is tried again after so long. */
export const RETRY_MS = 120_000;

/** Decides what to do for a ModelCache: a volume, then one Job after the other, each for one model, until all are verified. */
export function planModelCache(observed: ObservedModelCache): CachePlan {
  const { cache, foreign, jobs, settings, now } = observed;
  if (cache.object.metadata.deletionTimestamp !== undefined) return removal(observed);
  const [other] = foreign;
  if (other) {
    const message = `${other.kind} ${other.metadata.name} is not this cache's and is left as it is; rename one of them`;
    return result(observed, [], stalled({ reason: 'NameTaken', message }), 'Failed', []);
  }
  const byName = new Map(jobs.map((job) => [job.object.metadata.name, job]));
  const models = cache.spec.models.map((name) =>
    modelState(name, byName.get(jobName(cache, name, settings, now))),
  );
  const next = models.find(({ state }) => state === 'Waiting')?.name;
  const isBusy = models.some(({ state }) => state === 'Fetching');
  const wanted = [
    ...cacheClaim(cache),
    // One at a time: they write the same volume, and progress is what has been verified.
    ...(next !== undefined && !isBusy ? [cacheJob(cache, next, settings, now)] : []),
  ];
  const failed = models.filter(({ state }) => state === 'Failed');
  const ready = models.filter(({ state }) => state === 'Verified').length;
  const fault = failed[0];
  if (fault) {
    const reason = /\bis wrong\b|checksum/i.test(fault.message ?? '') ? 'ChecksumMismatch' : 'FetchFailed';
    const message = `${fault.name}: ${fault.message ?? 'the Job failed'}; tried again in ${RETRY_MS / 60_000} minutes`;
    return result(observed, wanted, stalled({ reason, message }), 'Failed', models);
  }
  const isReady = ready === models.length;
  const progress = `${ready} of ${models.length} models are verified`;
  const findings: Finding[] = [
    {
      type: 'Ready',
      status: isReady ? 'True' : 'False',
      reason: isReady ? 'Verified' : 'Fetching',
      message: progress,
    },
    {
      type: 'Reconciling',
      status: isReady ? 'False' : 'True',
      reason: isReady ? 'Steady' : 'Fetching',
      message: progress,
    },
    { type: 'Stalled', status: 'False', reason: 'NotStalled', message: 'nothing is in the way' },
  ];
  return result(observed, wanted, findings, isReady ? 'Ready' : 'Fetching', models);
}

function modelState(name: string, job: FetchJob | undefined): CachedModel {
  if (!job) return { name, state: 'Waiting' };
  if (job.state === 'Failed') return { name, state: 'Failed', message: job.fault ?? 'the Job failed' };
  return { name, state: job.state === 'Complete' ? 'Verified' : 'Fetching' };
}

const stalled = (fault: { readonly reason: string; readonly message: string }): Finding[] => [
  { type: 'Ready', status: 'False', ...fault },
  { type: 'Reconciling', status: 'False', ...fault },
  { type: 'Stalled', status: 'True', ...fault },
];

/** A cache that is read stays until nobody reads it: its volume would go from under their pods. */
function removal(observed: ObservedModelCache): CachePlan {
  const { cache, users } = observed;
  const isHeld = users.length > 0;
  const message = isHeld ? `it is read by ${users.join(', ')}` : 'it is being removed';
  const findings: Finding[] = [
    { type: 'Ready', status: 'False', reason: isHeld ? 'InUse' : 'Removing', message },
    { type: 'Stalled', status: isHeld ? 'True' : 'False', reason: isHeld ? 'InUse' : 'Removing', message },
  ];
  const plan = result(observed, [], findings, 'Removing', cache.status.models ?? []);
  return { ...plan, remove: [], isHeld };
}

function result(
  observed: ObservedModelCache,
  apply: readonly KubeObject[],
  findings: readonly Finding[],
  phase: NonNullable<ModelCacheStatus['phase']>,
  models: readonly CachedModel[],
): CachePlan {
  const { cache, jobs, settings, now } = observed;
  const needed = new Set(cache.spec.models.map((name) => jobName(cache, name, settings, now)));
  const isOver = ({ object, state, endedAt }: FetchJob) =>
    !needed.has(object.metadata.name) ||
    (state === 'Failed' && now.getTime() - (endedAt ?? now.getTime()) >= RETRY_MS);
  const failedAgo = jobs
    .filter(({ state }) => state === 'Failed')
    .map(({ endedAt }) => RETRY_MS - (now.getTime() - (endedAt ?? now.getTime())));
  const period = cache.spec.verifyHours * 3_600_000;
  const nextVerification = period > 0 ? [period - (now.getTime() % period) + 1_000] : [];
  const again = [...failedAgo.map((ms) => Math.max(1_000, ms + 500)), ...nextVerification];
  return {
    apply,
    remove: jobs
      .filter((job) => !job.object.metadata.deletionTimestamp && isOver(job))
      .map(({ object }) => object),
    scale: [],
    pods: [],
    check: undefined,
    events: [],
    againMs: again.length > 0 ? Math.min(...again) : undefined,
    isHeld: false,
    status: {
      observedGeneration: cache.generation,
      phase,
      claimName: claimNameOf(cache),
      modelsReady: models.filter(({ state }) => state === 'Verified').length,
      modelsWanted: cache.spec.models.length,
      ...verifiedAt(observed),
      models,
      conditions: conditionsOf(findings, cache.status.conditions ?? [], cache.generation, now),
    },
  };
}

function verifiedAt({ cache, jobs }: ObservedModelCache): { verifiedAt?: string } {
  const ended = jobs.flatMap(({ state, endedAt }) =>
    state === 'Complete' && endedAt !== undefined ? [endedAt] : [],
  );
  if (ended.length === 0)
    return cache.status.verifiedAt === undefined ? {} : { verifiedAt: cache.status.verifiedAt };
  return { verifiedAt: new Date(Math.max(...ended)).toISOString().replace(/\.\d+Z$/, 'Z') };
}
