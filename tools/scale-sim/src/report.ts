import type { Choice, Compared, Sensitivity } from './experiments.js';
import type { Estimate } from './intervals.js';
import { REFERENCE } from './policies.js';
import { scenarioOf, type ScenarioChoices } from './scenario.js';

/** What the policy is to reach at a burst of ten times the load. */
export const TARGET = { refused: 1 / 5, podHours: 1.1 };

export interface ReportFindings {
  readonly base: ScenarioChoices;
  readonly seeds: { readonly main: number; readonly others: number; readonly large: number };
  readonly policies: readonly Compared[];
  readonly large: readonly Compared[];
  readonly sensitivities: readonly Sensitivity[];
  readonly settings: readonly Choice[];
}

/** The report as Markdown, not yet formatted. */
export function reportText(findings: ReportFindings): string {
  const { seeds, policies, large, sensitivities, settings } = findings;
  const ours = policies.at(-1)!;
  return [
    '<!-- Written by `npm run scale-sim`. Do not edit. -->',
    '# How the figures of scaling were chosen',
    `A day of live streams with three bursts, played by [tools/scale-sim](../../tools/scale-sim/README.md) to several ways of scaling.
Every way gets the same streams at the same times, pods that start as slowly, the same limits of replicas and the same HPA
controller. In brackets: the interval that holds the figure in 95 of 100 cases, over ${seeds.main} seeds in the first table and
${seeds.others} in the others (${seeds.large} where there are thousands of pods).`,
    `Target: at a burst of ten times the load, refused starts at most ${TARGET.refused} of the CPU HPA's, pod hours at most
${TARGET.podHours} of its. Found: **${interval(ours.ratios.refused, 3)} and ${interval(ours.ratios.podHours, 3)}**.`,
    '## The scenario',
    scenarioText(findings.base),
    '## Policies',
    policyTable(policies),
    `Refused starts are those that found no slot within ${scenarioOf().startWaitSeconds} s. A stream is cut where a pod's drain ends
before it; the gateway then goes on with it at another pod. The start wait is from the first try to the slot, the queue wait that of a decode for a
worker. A CPU target of 65 % never scales up: a full pod uses 70 %, and 70 over 65 is within the HPA's tolerance of a tenth.`,
    '![One burst](burst.svg)',
    '## Each policy at other targets',
    `To the left is cheaper, down is better. The CPU HPA at any target lies above ours: it learns nothing of the streams that it
refuses, so that each new size follows from the one before.`,
    '![Targets](targets.svg)',
    '## Other scenarios',
    `One thing differs from the scenario above each time. Where both refuse next to nothing a ratio says little, and the shares
are what to read.`,
    sensitivityTable(sensitivities),
    '![Other scenarios](sensitivity.svg)',
    '## Our settings',
    `One setting differs from \`SCALING_DEFAULTS\` of [@parlance/scaling](../../libs/scaling/README.md) each time; the defaults are
in bold. Ratios are to ${REFERENCE.name}.`,
    settingsTable(settings),
    '## Thousands of pods',
    `One burst in five hours, from some 400 full pods to 5,000 replicas, the limit.`,
    policyTable(large),
  ].join('\n\n');
}

function scenarioText(base: ScenarioChoices): string {
  const { load, pod, minReplicas, maxReplicas, hpa, scrapeSeconds } = scenarioOf(base);
  const { bursts } = load;
  return table(
    ['what', 'figure'],
    [
      ['streams offered at noon, at midnight', `${load.peakStreams}, ${load.peakStreams * load.troughShare}`],
      ['length of a stream', `exponential, ${load.streamSeconds} s on average`],
      [
        'bursts',
        `${bursts.count} a day, ${bursts.factor} × the arrivals, ${bursts.riseSeconds} s rising, ${bursts.holdSeconds} s at the top, ${bursts.fallSeconds} s falling`,
      ],
      ['streams per pod', String(pod.capacity)],
      [
        'start of a pod',
        `image ${pod.imageSeconds} s, model ${pod.loadSeconds} s (medians, log-normal), warm-up ${pod.warmUpSeconds} s, probe every ${pod.probeSeconds} s, known ${pod.discoverySeconds} s later`,
      ],
      ['drain', `${pod.drainSeconds} s`],
      ['replicas', `${minReplicas} to ${maxReplicas}`],
      [
        'HPA',
        `every ${hpa.syncSeconds} s, tolerance ${hpa.tolerance}, metrics of pods every ${scrapeSeconds} s`,
      ],
    ],
  );
}

function policyTable(policies: readonly Compared[]): string {
  return table(
    [
      'scaled by',
      'refused, %',
      '÷ CPU',
      'pod hours',
      '÷ CPU',
      'most pods',
      'cut',
      'start wait p99, s',
      'queue wait p95, s',
    ],
    policies.map(({ name, trial, ratios }) => [
      name,
      interval(scaled(trial.refusedShare, 100), 2),
      interval(ratios.refused, 3),
      interval(trial.podHours, 0),
      interval(ratios.podHours, 3),
      trial.mostPods.value.toFixed(0),
      trial.cut.value.toFixed(0),
      trial.startWaitP99.value.toFixed(2),
      trial.queueWaitP95.value.toFixed(2),
    ]),
  );
}

function sensitivityTable(rows: readonly Sensitivity[]): string {
  return table(
    ['what', 'value', 'refused by CPU, %', 'by ours, %', 'refused, ours ÷ CPU', 'pod hours, ours ÷ CPU'],
    rows.map(({ what, value, reference, ours, ratios }) => [
      what,
      value,
      interval(scaled(reference, 100), 2),
      interval(scaled(ours, 100), 2),
      interval(ratios.refused, 3),
      interval(ratios.podHours, 3),
    ]),
  );
}

function settingsTable(rows: readonly Choice[]): string {
  return table(
    ['setting', 'value', 'refused, %', 'refused ÷ CPU', 'pod hours ÷ CPU', 'cut'],
    rows.map(({ what, value, isDefault, trial, ratios }) => [
      `\`${what}\``,
      isDefault ? `**${value}**` : value,
      interval(scaled(trial.refusedShare, 100), 2),
      interval(ratios.refused, 3),
      interval(ratios.podHours, 3),
      trial.cut.value.toFixed(0),
    ]),
  );
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function interval({ value, low, high }: Estimate, digits: number): string {
  if (!Number.isFinite(value)) return '–';
  return `${value.toFixed(digits)} (${low.toFixed(digits)}–${high.toFixed(digits)})`;
}

function scaled({ value, low, high }: Estimate, factor: number): Estimate {
  return { value: factor * value, low: factor * low, high: factor * high };
}
