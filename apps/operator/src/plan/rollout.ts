import type { RolloutPhase, RolloutSettings, RolloutStatus } from '../api/speech-model.js';
import type { EventNote } from '../kit/event-recorder.js';
import type { GoldenResult, ObservedPod } from '../observe/observed.js';
import type { LiveWorkload } from './workload.js';

export interface RolloutFacts {
  readonly settings: RolloutSettings;
  /** The revision that the spec asks for. */
  readonly wanted: string;
  /** The revision that serves; undefined before the first. */
  readonly stable: string | undefined;
  readonly status: RolloutStatus | undefined;
  readonly workloads: readonly LiveWorkload[];
  readonly pods: readonly ObservedPod[];
  readonly golden: GoldenResult | undefined;
  readonly now: Date;
}

export interface RolloutDecision {
  readonly stable: string;
  readonly rollout: RolloutStatus | undefined;
  /** The revision that runs beside the stable one, and with how many pods. */
  readonly candidate: { readonly revision: string; readonly replicas: number } | undefined;
  readonly isCheckDue: boolean;
  readonly events: readonly EventNote[];
  readonly againMs: number | undefined;
}

const POLL_MS = 2_000;

/** Decides the next step of a rollout: a new revision starts beside the stable one, is checked, gets new streams by weight, and
 *  becomes the stable one; or it is rolled back. One step at a time, each kept in status. */
export function nextRollout(facts: RolloutFacts): RolloutDecision {
  const { wanted, stable, status } = facts;
  const idle = { candidate: undefined, isCheckDue: false, events: [], againMs: undefined };
  // Nothing serves yet: there is nothing to go back to.
  if (stable === undefined) return { ...idle, stable: wanted, rollout: undefined };
  if (wanted === stable) {
    const isAbandoned = status && isUnderWay(status.phase);
    const rollout = isAbandoned ? undefined : status;
    return { ...idle, stable, rollout };
  }
  if (status?.revision !== wanted || status.phase === 'Completed') return begin(facts, stable);
  if (status.phase === 'RolledBack') return { ...idle, stable, rollout: status };
  return advance(facts, stable, status);
}

export const isUnderWay = (phase: RolloutPhase): boolean => phase !== 'Completed' && phase !== 'RolledBack';

function begin(facts: RolloutFacts, stable: string): RolloutDecision {
  const at = facts.now.toISOString();
  const message = `revision ${facts.wanted} starts beside ${stable}`;
  return {
    stable,
    rollout: {
      phase: 'Starting',
      revision: facts.wanted,
      fromRevision: stable,
      weight: 0,
      step: 0,
      startedAt: at,
      stepStartedAt: at,
      message,
    },
    candidate: { revision: facts.wanted, replicas: replicasFor(facts, stable, weightsOf(facts)[0] ?? 100) },
    isCheckDue: false,
    events: [{ type: 'Normal', reason: 'RolloutStarted', message }],
    againMs: POLL_MS,
  };
}

function advance(facts: RolloutFacts, stable: string, status: RolloutStatus): RolloutDecision {
  const weights = weightsOf(facts);
  // What the next step needs must be ready before streams come.
  const nextWeight = weights[status.phase === 'Shifting' ? status.step + 1 : 0] ?? 100;
  const replicas = replicasFor(facts, stable, nextWeight);
  const stay = (rollout: RolloutStatus, isCheckDue = false): RolloutDecision => ({
    stable,
    rollout,
    candidate: { revision: status.revision, replicas },
    isCheckDue,
    events: [],
    againMs: POLL_MS,
  });
  const ready = facts.pods.filter(
    ({ revision, isReady, isTerminating }) => revision === status.revision && isReady && !isTerminating,
  ).length;
  const secondsSince = (time: string): number => (facts.now.getTime() - Date.parse(time)) / 1000;
  const isLate = secondsSince(status.stepStartedAt) > facts.settings.deadlineSeconds;
  const fault = status.phase === 'Shifting' ? comparedFault(facts, stable, status.revision) : undefined;
  if (fault !== undefined) return rollBack(stable, status, fault, facts.now);
  if (ready < replicas) {
    if (isLate) return rollBack(stable, status, `${ready} of ${replicas} pods were ready in time`, facts.now);
    return stay({
      ...status,
      message: `${ready} of ${replicas} pods of revision ${status.revision} are ready`,
    });
  }
  switch (status.phase) {
    case 'Starting':
      return facts.settings.golden && facts.settings.strategy === 'Canary'
        ? moved(stay, status, { phase: 'Checking', message: 'golden utterances are recognized' }, facts.now)
        : shift(facts, stable, status, stay, 0);
    case 'Checking':
      return check(facts, stable, status, stay, isLate);
    default:
      return secondsSince(status.stepStartedAt) < facts.settings.stepSeconds
        ? stay(status)
        : shift(facts, stable, status, stay, status.step + 1);
  }
}

type Stay = (rollout: RolloutStatus, isCheckDue?: boolean) => RolloutDecision;

function check(
  facts: RolloutFacts,
  stable: string,
  status: RolloutStatus,
  stay: Stay,
  isLate: boolean,
): RolloutDecision {
  const result = facts.golden?.revision === status.revision ? facts.golden : undefined;
  const limit = facts.settings.golden?.maxWordErrorPercent ?? 100;
  if (result?.wordErrorPercent === undefined) {
    const why = result?.fault ?? 'they have not been recognized yet';
    if (isLate) return rollBack(stable, status, `golden utterances could not be checked: ${why}`, facts.now);
    return stay({ ...status, message: `golden utterances are recognized: ${why}` }, true);
  }
  const percent = result.wordErrorPercent;
  const checked = { ...status, wordErrorPercent: percent };
  if (percent > limit)
    return rollBack(
      stable,
      checked,
      `${percent} % of the words of the golden utterances are wrong, ${limit} % are allowed`,
      facts.now,
    );
  return shift(facts, stable, checked, stay, 0);
}

function shift(
  facts: RolloutFacts,
  stable: string,
  status: RolloutStatus,
  stay: Stay,
  step: number,
): RolloutDecision {
  const weight = weightsOf(facts)[step];
  if (weight === undefined) return complete(stable, status, facts.now);
  const message = `${weight} % of new streams go to revision ${status.revision}`;
  const decision = moved(stay, status, { phase: 'Shifting', step, weight, message }, facts.now);
  return { ...decision, events: [{ type: 'Normal', reason: 'TrafficShifted', message }] };
}

function complete(stable: string, status: RolloutStatus, now: Date): RolloutDecision {
  const message = `revision ${status.revision} serves in place of ${stable}`;
  return {
    stable: status.revision,
    rollout: { ...status, phase: 'Completed', weight: 100, stepStartedAt: now.toISOString(), message },
    candidate: undefined,
    isCheckDue: false,
    events: [{ type: 'Normal', reason: 'RolloutCompleted', message }],
    againMs: POLL_MS,
  };
}

function rollBack(stable: string, status: RolloutStatus, why: string, now: Date): RolloutDecision {
  const message = `revision ${status.revision} was rolled back: ${why}`;
  return {
    stable,
    rollout: { ...status, phase: 'RolledBack', weight: 0, stepStartedAt: now.toISOString(), message },
    candidate: undefined,
    isCheckDue: false,
    events: [{ type: 'Warning', reason: 'RolledBack', message }],
    againMs: undefined,
  };
}

function moved(
  stay: Stay,
  status: RolloutStatus,
  change: Partial<RolloutStatus>,
  now: Date,
): RolloutDecision {
  return stay({ ...status, ...change, stepStartedAt: now.toISOString() }, change.phase === 'Checking');
}

/** Replace moves all at once. */
const weightsOf = ({ settings }: RolloutFacts): readonly number[] =>
  settings.strategy === 'Canary' ? settings.weights : [];

/** @returns how many pods a revision needs for its share of the streams that the stable one's pods hold now */
function replicasFor({ workloads }: RolloutFacts, stable: string, weight: number): number {
  const serving = workloads.find(({ revision }) => revision === stable)?.replicas ?? 1;
  return Math.max(1, Math.ceil((serving * weight) / 100));
}

/** So many calls fail before their share is looked at: one is no trend. */
const FEWEST_FAILED = 3;

/** @returns what is worse with the new revision than is allowed */
function comparedFault(
  { pods, settings }: RolloutFacts,
  stable: string,
  revision: string,
): string | undefined {
  const of = (which: string) => pods.filter((pod) => pod.revision === which && pod.load !== undefined);
  const lost = of(revision).reduce((sum, { load }) => sum + (load?.workersLost ?? 0), 0);
  if (lost > settings.maxWorkersLost) return `its pods lost ${lost} workers`;
  const failed = of(revision).reduce((sum, { load }) => sum + (load?.failed ?? 0), 0);
  const ended = of(revision).reduce((sum, { load }) => sum + (load?.answered ?? 0), failed);
  const failedPercent = (100 * failed) / ended;
  if (failed >= FEWEST_FAILED && failedPercent > settings.maxErrorPercent)
    return `${failed} of ${ended} calls failed at its pods, ${settings.maxErrorPercent} % are allowed`;
  const meanMs = (which: string): number | undefined => {
    const times = of(which).flatMap(({ load }) => (load?.finalMs === undefined ? [] : [load.finalMs]));
    return times.length === 0 ? undefined : times.reduce((sum, ms) => sum + ms, 0) / times.length;
  };
  const [before, after] = [meanMs(stable), meanMs(revision)];
  if (before === undefined || after === undefined) return undefined;
  const percent = (100 * after) / before;
  return percent > settings.maxLatencyPercent
    ? `a final takes ${Math.round(after)} ms, ${Math.round(percent)} % of the ${Math.round(before)} ms before`
    : undefined;
}
