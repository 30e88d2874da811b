import { SCALING_DEFAULTS } from '@parlance/scaling';
import type { Estimate } from './intervals.js';
import { COMPARED, CONCURRENCY, OURS, ours, QUEUE_WAIT, REFERENCE, type NamedPolicy } from './policies.js';
import type { PolicySettings } from './policy.js';
import { scenarioOf, type ScenarioChoices } from './scenario.js';
import { compare, TrialRunner, type Comparison, type Trial } from './trial.js';

export interface Compared {
  readonly name: string;
  readonly trial: Trial;
  /** To the reference. */
  readonly ratios: Comparison;
}

/** All policies on the usual scenario. */
export function comparePolicies(base: ScenarioChoices, seeds: number, policies = COMPARED): Compared[] {
  const runner = new TrialRunner(scenarioOf(base), seeds);
  const reference = runner.run(REFERENCE.policy);
  return policies.map(({ name, policy }) => {
    const trial = policy === REFERENCE.policy ? reference : runner.run(policy);
    return { name, trial, ratios: compare(trial, reference) };
  });
}

export interface TargetPoint {
  readonly policy: string;
  readonly target: string;
  readonly refusedShare: Estimate;
  readonly podHours: Estimate;
}

const FRACTIONS = [0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9];

/** What each policy refuses and costs as its target moves. */
export function sweepTargets(base: ScenarioChoices, seeds: number): TargetPoint[] {
  const runner = new TrialRunner(scenarioOf(base), seeds);
  const point = (policy: string, target: string, settings: PolicySettings): TargetPoint => {
    const { refusedShare, podHours } = runner.run(settings);
    return { policy, target, refusedShare, podHours };
  };
  const cpuTargets = [35, 40, 45, 50, 55, 60];
  return [
    ...cpuTargets.map((percent) => point('CPU', `${percent} %`, { kind: 'cpu', targetPercent: percent })),
    ...FRACTIONS.flatMap((targetFraction) => {
      const target = String(targetFraction);
      return [
        point(CONCURRENCY.name, target, { kind: 'concurrency', targetFraction }),
        point(QUEUE_WAIT.name, target, { kind: 'queue-wait', targetFraction }),
        point(OURS.name, target, ours({ targetFraction })),
      ];
    }),
  ];
}

export interface Sensitivity {
  readonly what: string;
  readonly value: string;
  readonly reference: Estimate;
  readonly ours: Estimate;
  readonly ratios: Comparison;
}

/** The same comparison where one thing differs from the usual scenario. */
export function varyScenario(base: ScenarioChoices, seeds: number): Sensitivity[] {
  const variants: readonly (readonly [string, string, ScenarioChoices])[] = [
    ...[0, 60, 120, 300, 600].map(
      (riseSeconds) => ['rise of a burst', `${riseSeconds} s`, { bursts: { riseSeconds } }] as const,
    ),
    ...[3, 5, 10, 20].map((factor) => ['height of a burst', `${factor} ×`, { bursts: { factor } }] as const),
    ...[0.5, 1, 2, 4].map((startFactor) => ['start of a pod', `${startFactor} ×`, { startFactor }] as const),
    ...[2, 4, 12, 40].map((capacity) => ['streams per pod', String(capacity), { capacity }] as const),
    ...[5, 25, 100].map((peakPods) => ['full pods at noon', String(peakPods), { peakPods }] as const),
    ...[60, 240, 900].map(
      (streamSeconds) => ['mean length of a stream', `${streamSeconds} s`, { streamSeconds }] as const,
    ),
    ...[0.6, 0.7, 0.9].map(
      (cpuAtCapacity) => ['CPU of a full pod', `${cpuAtCapacity * 100} %`, { cpuAtCapacity }] as const,
    ),
  ];
  return variants.map(([what, value, choices]) => {
    const bursts = { ...base.bursts, ...choices.bursts };
    const runner = new TrialRunner(scenarioOf({ ...base, ...choices, bursts }), seeds);
    const [reference, own] = [runner.run(REFERENCE.policy), runner.run(OURS.policy)];
    return {
      what,
      value,
      reference: reference.refusedShare,
      ours: own.refusedShare,
      ratios: compare(own, reference),
    };
  });
}

export interface Choice {
  readonly what: string;
  readonly value: string;
  readonly isDefault: boolean;
  readonly trial: Trial;
  readonly ratios: Comparison;
}

/** One of our settings moved at a time, the others at their defaults. */
export function varySettings(base: ScenarioChoices, seeds: number): Choice[] {
  const runner = new TrialRunner(scenarioOf(base), seeds);
  const reference = runner.run(REFERENCE.policy);
  const { targetFraction, observeSeconds, drainSeconds, demand, behavior } = SCALING_DEFAULTS;
  const { scaleUp, scaleDown } = behavior;
  const row = (what: string, value: number, chosen: number, policy: PolicySettings, by = runner): Choice => {
    const trial = by.run(policy);
    return {
      what,
      value: String(value),
      isDefault: value === chosen,
      trial,
      ratios: compare(trial, reference),
    };
  };
  const percentOf = (rules: typeof scaleUp): number =>
    rules.policies.find(({ type }) => type === 'Percent')?.value ?? NaN;
  const withPercent = (rules: typeof scaleUp, value: number): typeof scaleUp => ({
    ...rules,
    policies: rules.policies.map((policy) => (policy.type === 'Percent' ? { ...policy, value } : policy)),
  });
  return [
    ...FRACTIONS.map((value) =>
      row('targetFraction', value, targetFraction, ours({ targetFraction: value })),
    ),
    ...[0, 30, 60, 75, 90, 120].map((value) =>
      row('demand.leadSeconds', value, demand.leadSeconds, ours({ demand: { leadSeconds: value } })),
    ),
    ...[15, 30, 60, 120].map((value) =>
      row(
        'demand.growthWindowSeconds',
        value,
        demand.growthWindowSeconds,
        ours({ demand: { growthWindowSeconds: value } }),
      ),
    ),
    ...[0, 0.5, 1, 1.5].map((value) =>
      row('demand.chanceFactor', value, demand.chanceFactor, ours({ demand: { chanceFactor: value } })),
    ),
    ...[0.25, 0.3, 0.5, 1].map((value) =>
      row(
        'demand.queueWaitLimitSeconds',
        value,
        demand.queueWaitLimitSeconds,
        ours({ demand: { queueWaitLimitSeconds: value } }),
      ),
    ),
    ...[5, 15, 30].map((value) =>
      row('observeSeconds', value, observeSeconds, ours({ observeSeconds: value })),
    ),
    ...[50, 100, 200, 900].map((value) =>
      row(
        'behavior.scaleUp Percent',
        value,
        percentOf(scaleUp),
        ours({ scaleUp: withPercent(scaleUp, value) }),
      ),
    ),
    ...[0, 0.05, 0.1].map((value) =>
      row(
        'behavior.scaleUp.tolerance',
        value,
        scaleUp.tolerance ?? 0.1,
        ours({ scaleUp: { tolerance: value } }),
      ),
    ),
    ...[0, 60, 120, 300, 600].map((value) =>
      row(
        'behavior.scaleDown window',
        value,
        scaleDown.stabilizationWindowSeconds,
        ours({ scaleDown: { stabilizationWindowSeconds: value } }),
      ),
    ),
    ...[25, 50, 100].map((value) =>
      row(
        'behavior.scaleDown Percent',
        value,
        percentOf(scaleDown),
        ours({ scaleDown: withPercent(scaleDown, value) }),
      ),
    ),
    ...[60, 300, 600, 900].map((value) =>
      row(
        'drainSeconds',
        value,
        drainSeconds,
        OURS.policy,
        new TrialRunner(scenarioOf({ ...base, drainSeconds: value }), seeds),
      ),
    ),
  ];
}

/** Thousands of pods: a burst that takes the fleet to about 5,000. */
export function compareLarge(seeds: number): Compared[] {
  return comparePolicies({ peakPods: 650, hours: 5, bursts: { count: 1 } }, seeds, [
    REFERENCE,
    CONCURRENCY,
    QUEUE_WAIT,
    OURS,
  ]);
}

export interface TimelinePoint {
  readonly policy: string;
  /** Since the burst began. */
  readonly minutes: number;
  readonly slots: number;
  readonly held: number;
  /** Streams there would be if none were refused. */
  readonly offered: number;
  /** Since the burst began. */
  readonly refused: number;
}

const WATCHED: readonly NamedPolicy[] = [REFERENCE, CONCURRENCY, OURS];

/** The first burst of the first seed, minute by minute. */
export function watchBurst(base: ScenarioChoices): TimelinePoint[] {
  const runner = new TrialRunner(scenarioOf(base), 1);
  const { load, pod } = runner.scenario;
  const start = runner.loads[0]!.bursts[0]!;
  const length = load.bursts.riseSeconds + load.bursts.holdSeconds + load.bursts.fallSeconds;
  const offeredAt = offeredStreams(runner.loads[0]!);
  return WATCHED.flatMap(({ name, policy }) => {
    const { timeline } = runner.run(policy).outcomes[0]!;
    const watched = timeline.filter(({ at }) => at >= start - 300 && at <= start + length + 900);
    const before = timeline.findLast(({ at }) => at <= start)?.refused ?? 0;
    return watched.map(({ at, pods, held, refused }) => ({
      policy: name,
      minutes: (at - start) / 60,
      slots: pods * pod.capacity,
      held,
      offered: offeredAt(at),
      refused: Math.max(0, refused - before),
    }));
  });
}

function offeredStreams({ arrivals, durations }: TrialRunner['loads'][number]): (at: number) => number {
  return (at) => {
    let offered = 0;
    for (let i = 0; i < arrivals.length && arrivals[i]! <= at; i++)
      if (arrivals[i]! + durations[i]! > at) offered += 1;
    return offered;
  };
}
