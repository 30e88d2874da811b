import {
  LATENCY_BUCKETS,
  type MetricDefinition,
  type MetricSource,
} from '../../libs/telemetry/src/metric-definition.ts';
import { METRICS, RUNTIME_METRICS } from '../../libs/telemetry/src/metric-registry.data.ts';

/** The services in the order of the document; a metric of several stands with the first of them. */
const SECTIONS: readonly (readonly [MetricSource, string])[] = [
  ['gateway', 'Gateway'],
  ['inference', 'Inference'],
  ['conversation', 'Conversation'],
  ['tts', 'Speech synthesis'],
  ['operator', 'Operator'],
  ['telegram', 'Telegram bot'],
  ['every', 'Every process'],
];

const INTRODUCTION = `# Metrics

Made by \`npm run dashboards\` from [the registry](../libs/telemetry/src/metric-registry.data.ts); a test fails where it is not up to date, and
where a dashboard, an alert or a document asks for a metric or a label that the registry does not have. How the page is read:
[configuration](configuration.md#metrics-and-health). The last column says which dashboards
([charts/parlance/files/dashboards](../charts/parlance/files/dashboards)) and [alerts](runbooks/alerts.md) ask for the metric.

A histogram \`x\` has the series \`x_bucket\`, \`x_sum\` and \`x_count\`. Prometheus adds \`namespace\`, \`pod\` and others. What a label may be is
bounded: a set in the code, or names that are configured. \`tenant\` is a tenant's name for the first 1,000 tenants that a process meets, and
\`others\` for the rest; \`subject\` of messages is a NATS subject without ids.
`;

/** docs/metrics.md. @param sources  where each metric is asked for */
export function metricsDocument(sources: ReadonlyMap<string, readonly string[]>): string {
  const sections = SECTIONS.map(([source, title]) => {
    const rows = Object.entries<MetricDefinition>(METRICS)
      .filter(([, definition]) => definition.sources[0] === source)
      .map(([name, definition]) => rowOf(name, definition, sources.get(name) ?? []));
    return `## ${title}\n\n${table(['metric', 'labels', 'unit', 'what', 'one reads it for', 'where'], rows)}`;
  });
  const runtime = Object.entries<string>(RUNTIME_METRICS).map(([name, what]) => [`\`${name}\``, what]);
  return [
    INTRODUCTION,
    ...sections,
    `Of Node.js itself, as prom-client makes them; dashboards ask for these:\n\n${table(['metric', 'what'], runtime)}`,
    `## Buckets\n\nIn seconds, where no others are said: ${LATENCY_BUCKETS.join(', ')}.\n\n${table(['metric', 'buckets'], bucketRows())}`,
  ].join('\n');
}

function rowOf(name: string, definition: MetricDefinition, sources: readonly string[]): string[] {
  const { kind, labels, unit, help, reading, unwatched } = definition;
  const others = definition.sources.slice(1);
  return [
    `\`${name}\``,
    labels.map((label) => `\`${label}\``).join(', '),
    `${unit} (${kind})`,
    others.length > 0 ? `${help} Also of ${others.join(', ')}.` : help,
    reading,
    sources.length > 0 ? sources.join(', ') : (unwatched ?? ''),
  ];
}

function bucketRows(): string[][] {
  return Object.entries<MetricDefinition>(METRICS).flatMap(([name, { buckets }]) =>
    buckets ? [[`\`${name}\``, buckets.join(', ')]] : [],
  );
}

/** Aligned, the longest cell would set the width of every line. */
function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  const lines = [line(heads), line(heads.map(() => '---')), ...rows.map(line)];
  return `<!-- prettier-ignore-start -->\n\n${lines.join('\n')}\n\n<!-- prettier-ignore-end -->\n`;
}
