import type { Registry } from 'prom-client';

/* OpenMetrics 1.0.0 (https://prometheus.io/docs/specs/om/open_metrics_spec/). prom-client writes it as well, but renames its counters for
 * good when it does, and knows neither units nor the canonical form of numbers. */

type Labels = Readonly<Record<string, string | number | undefined>>;

/** One value of a metric, as prom-client has it. */
interface MetricValue {
  readonly value: number;
  readonly labels: Labels;
  /** Where it is not the metric's own: of the buckets, sum and count of a histogram. */
  readonly metricName?: string;
  readonly exemplar?: {
    readonly labelSet: Labels;
    readonly value: number;
    readonly timestamp: number;
  } | null;
}

interface Metric {
  readonly name: string;
  readonly help: string;
  readonly type: string;
  readonly values: readonly MetricValue[];
}

/** What the names of values end with, where the name of their family does not. */
const SUFFIXES: Readonly<Record<string, string>> = { counter: '_total', info: '_info' };

/** Units that names end with. */
const UNITS = ['seconds', 'bytes'];

/** All metrics of a registry as OpenMetrics text. */
export async function openMetricsText(registry: Registry): Promise<string> {
  // Its types know of no exemplars, and have numbers for the names of types.
  const metrics = (await registry.getMetricsAsJSON()) as unknown as readonly Metric[];
  return [...metrics.flatMap(linesOf), '# EOF', ''].join('\n');
}

function linesOf(metric: Metric): string[] {
  // A gauge that is always 1 and has its value in labels: prom-client has no type for it.
  const type = metric.type === 'gauge' && metric.name.endsWith('_info') ? 'info' : metric.type;
  const suffix = SUFFIXES[type] ?? '';
  const family = metric.name.endsWith(suffix)
    ? metric.name.slice(0, metric.name.length - suffix.length)
    : metric.name;
  const unit = UNITS.find((name) => family.endsWith(`_${name}`));
  return [
    `# TYPE ${family} ${type}`,
    ...(unit === undefined ? [] : [`# UNIT ${family} ${unit}`]),
    `# HELP ${family} ${escaped(metric.help)}`,
    ...metric.values.map((value) => lineOf(value.metricName ?? `${family}${suffix}`, value)),
  ];
}

function lineOf(name: string, { labels, value, exemplar }: MetricValue): string {
  const set = labelSet(labels);
  const line = `${name}${set === '{}' ? '' : set} ${numberText(value)}`;
  if (!exemplar) return line;
  return `${line} # ${labelSet(exemplar.labelSet)} ${numberText(exemplar.value)} ${exemplar.timestamp}`;
}

function labelSet(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(labelText(value))}"`);
  return `{${pairs.join(',')}}`;
}

/** Numbers are bounds of buckets and quantiles, which are written as floats: 1 and 1.0 would be two series. */
function labelText(value: string | number | undefined): string {
  if (typeof value !== 'number') return value ?? '';
  return Number.isInteger(value) ? value.toFixed(1) : numberText(value);
}

function numberText(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (Number.isFinite(value)) return String(value);
  return value > 0 ? '+Inf' : '-Inf';
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"');
}
