import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { format, resolveConfig } from 'prettier';
import { readCapacity } from './capacity-report.js';
import {
  compareLarge,
  comparePolicies,
  sweepTargets,
  varyScenario,
  varySettings,
  watchBurst,
} from './experiments.js';
import { burstPlot, sensitivityPlot, svgOf, targetPlot } from './plots.js';
import { reportText, TARGET } from './report.js';
import type { ScenarioChoices } from './scenario.js';

/** `npm run scale-sim`: plays the scenarios, writes the report and its plots. The same options give the same files. */
const { values: options } = parseArgs({
  options: {
    out: { type: 'string', default: 'docs/scaling' },
    seeds: { type: 'string', default: '8' },
    'capacity-report': { type: 'string' },
    'streams-per-pod': { type: 'string' },
    'skip-large': { type: 'boolean', default: false },
  },
});
const main = wholeNumber('seeds', options.seeds);
const seeds = { main, others: Math.max(2, Math.round(main / 2)), large: Math.max(2, Math.round(main / 7)) };
const base: ScenarioChoices = { capacity: capacity() };

const policies = stage('policies', () => comparePolicies(base, seeds.main));
const targets = stage('targets', () => sweepTargets(base, seeds.others));
const sensitivities = stage('other scenarios', () => varyScenario(base, seeds.others));
const settings = stage('settings', () => varySettings(base, seeds.others));
const large = options['skip-large'] ? [] : stage('thousands of pods', () => compareLarge(seeds.large));
const burst = stage('one burst', () => watchBurst(base));

mkdirSync(options.out, { recursive: true });
const report = join(options.out, 'report.md');
const text = reportText({ base, seeds, policies, large, sensitivities, settings });
writeFileSync(report, await format(text, { ...(await resolveConfig(report)), parser: 'markdown' }));
writeFileSync(join(options.out, 'burst.svg'), await svgOf(burstPlot(burst)));
writeFileSync(join(options.out, 'targets.svg'), await svgOf(targetPlot(targets)));
writeFileSync(
  join(options.out, 'sensitivity.svg'),
  await svgOf(sensitivityPlot(sensitivities, TARGET.refused)),
);

const { refused, podHours } = policies.at(-1)!.ratios;
const isMet = refused.high <= TARGET.refused && podHours.high <= TARGET.podHours;
console.log(
  `refused ${refused.value.toFixed(3)} of CPU's, pod hours ${podHours.value.toFixed(3)} of CPU's: target ${isMet ? 'met' : 'missed'}; ${report}`,
);
if (!isMet) process.exitCode = 1;

function capacity(): number | undefined {
  const { 'capacity-report': path, 'streams-per-pod': streams } = options;
  if (path !== undefined) return readCapacity(path);
  return streams === undefined ? undefined : wholeNumber('streams-per-pod', streams);
}

function wholeNumber(name: string, text: string): number {
  const number = Number(text);
  if (Number.isInteger(number) && number >= 1) return number;
  console.error(`--${name} must be a whole number, 1 or more, not ${text}`);
  process.exit(2);
}

function stage<T>(name: string, work: () => T): T {
  const start = performance.now();
  const result = work();
  console.error(`${name}: ${((performance.now() - start) / 1000).toFixed(1)} s`);
  return result;
}
