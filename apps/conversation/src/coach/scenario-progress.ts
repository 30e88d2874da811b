import type { Scenario, ScenarioGoal } from '@parlance/contracts';

/** Turns that are spent on a goal before the next one has its chance. */
const TURNS_FOR_A_GOAL = 2;

/** How far a scenario has come. */
export interface ScenarioProgress {
  /** The goal that is to be reached next; undefined when all are. */
  readonly goal: ScenarioGoal | undefined;
  /** Goals behind it. */
  readonly reached: number;
}

/** Follows a scenario's goals in their order: a goal is reached when one of its key words is spoken, and left after two turns
 *  without. @param said what the person said in the session's turns, in order */
export function scenarioProgress({ goals }: Scenario, said: readonly string[]): ScenarioProgress {
  let reached = 0;
  let turns = 0;
  for (const text of said) {
    turns += 1;
    const before = reached;
    while (reached < goals.length && speaksOf(goals[reached]!, text)) reached += 1;
    if (reached === before && turns >= TURNS_FOR_A_GOAL) reached += 1;
    if (reached !== before) turns = 0;
  }
  return { goal: goals[reached], reached: Math.min(reached, goals.length) };
}

/** Whether a text has one of the goal's key words, as whole words. */
function speaksOf({ keywords }: ScenarioGoal, text: string): boolean {
  const words = ` ${
    text
      .toLowerCase()
      .match(/[\p{L}\p{N}]+/gu)
      ?.join(' ') ?? ''
  } `;
  return keywords.some((keyword) => words.includes(` ${keyword} `));
}
