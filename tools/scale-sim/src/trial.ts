import { meanOf, ratioOf, type Estimate } from './intervals.js';
import { drawLoad, type Load } from './load.js';
import type { PolicySettings } from './policy.js';
import type { Scenario } from './scenario.js';
import { simulate, type Outcome } from './simulate.js';

/** What several seeds of one scenario came to under one policy. */
export interface Trial {
  readonly outcomes: readonly Outcome[];
  readonly refusedShare: Estimate;
  readonly refused: Estimate;
  readonly podHours: Estimate;
  readonly cut: Estimate;
  readonly startWaitP99: Estimate;
  readonly queueWaitP95: Estimate;
  readonly mostPods: Estimate;
}

export interface Comparison {
  readonly refused: Estimate;
  readonly podHours: Estimate;
}

/** One scenario's loads, drawn once so that every policy gets the same. */
export class TrialRunner {
  readonly loads: readonly Load[];

  constructor(
    readonly scenario: Scenario,
    readonly seeds: number,
  ) {
    this.loads = Array.from({ length: seeds }, (_, index) => drawLoad(scenario.load, index + 1));
  }

  run(policy: PolicySettings): Trial {
    const outcomes = this.loads.map((load, index) => simulate(this.scenario, policy, load, index + 1));
    const each = (figure: (outcome: Outcome) => number): number[] => outcomes.map(figure);
    return {
      outcomes,
      refusedShare: ratioOf(
        each(({ refused }) => refused),
        each(({ starts }) => starts),
      ),
      refused: meanOf(each(({ refused }) => refused)),
      podHours: meanOf(each(({ podHours }) => podHours)),
      cut: meanOf(each(({ cut }) => cut)),
      startWaitP99: meanOf(each(({ startWaitP99 }) => startWaitP99)),
      queueWaitP95: meanOf(each(({ queueWaitP95 }) => queueWaitP95)),
      mostPods: meanOf(each(({ mostPods }) => mostPods)),
    };
  }
}

export function compare(ours: Trial, theirs: Trial): Comparison {
  const ratio = (figure: (outcome: Outcome) => number): Estimate =>
    ratioOf(ours.outcomes.map(figure), theirs.outcomes.map(figure));
  return { refused: ratio(({ refused }) => refused), podHours: ratio(({ podHours }) => podHours) };
}
