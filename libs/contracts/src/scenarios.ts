import { SCENARIO_DATA } from './scenarios.data.js';
import type { Scenario } from './session.schema.js';

/** The scenarios a session can name, from the easiest to the hardest. */
export const SCENARIOS: readonly Scenario[] = SCENARIO_DATA;

const byId: ReadonlyMap<string, Scenario> = new Map(SCENARIOS.map((scenario) => [scenario.id, scenario]));

/** @returns undefined where there is none of this id */
export function scenarioById(id: string): Scenario | undefined {
  return byId.get(id);
}
