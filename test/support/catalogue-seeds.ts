import type { Scenario, TeachingMode } from '@parlance/contracts';
import { readSeedFiles } from '@parlance/persistence';

const { teaching_mode: modes, scenario: scenarios } = await readSeedFiles();

/** A scenario of the platform's. */
export function seededScenario(code: string): Scenario {
  return scenarios.seeds.find(({ value }) => value.code === code)!.value;
}

/** A teaching mode of the platform's. */
export function seededMode(code: string): TeachingMode {
  return modes.seeds.find(({ value }) => value.code === code)!.value;
}
