import { seriesSuffixes, type MetricDefinition } from '../../libs/telemetry/src/metric-definition.ts';
import { METRICS, RUNTIME_METRICS } from '../../libs/telemetry/src/metric-registry.data.ts';
import { askedOf, type AskedSeries } from './promql.ts';

/** An expression, and where it stands: an alert, a recording or a panel. */
export interface Reference {
  readonly source: string;
  readonly expression: string;
}

/** Labels that Prometheus and Kubernetes add to what a process publishes. */
const ADDED_LABELS = ['namespace', 'pod', 'container', 'instance', 'job', 'service', 'le'];

/** Names that look like ours and are none of Prometheus, with what they are. */
export const OTHER_NAMES: Readonly<Record<string, string>> = {
  parlance_model_load_percent: "the operator's metric in the API external.metrics.k8s.io",
};

/** Labels of a recording, by its name. */
export type Recordings = ReadonlyMap<string, readonly string[]>;

/** The metric that a series belongs to: `x` of `x_bucket`, where x is a histogram. */
export function metricOf(series: string): { name: string; definition: MetricDefinition } | undefined {
  for (const [name, definition] of Object.entries<MetricDefinition>(METRICS))
    if (seriesSuffixes(definition).some((suffix) => name + suffix === series)) return { name, definition };
  return undefined;
}

/** What is wrong with the series and labels of an expression: nothing, or a sentence for each. */
export function faultsOf({ source, expression }: Reference, recordings: Recordings = new Map()): string[] {
  const { series, grouping } = askedOf(expression);
  const faults = series.flatMap((asked) => seriesFaults(asked, recordings));
  const known = new Set([
    ...ADDED_LABELS,
    ...series.flatMap(({ name }) => labelsOfSeries(name, recordings) ?? []),
  ]);
  const strange = grouping.filter((label) => !known.has(label));
  return [...faults, ...strange.map((label) => `none of its series has the label ${label}`)].map(
    (fault) => `${source}: ${fault}`,
  );
}

/** What is wrong with a series that a document names; there a histogram may also stand by its own name. */
export function documentFaults(source: string, named: readonly AskedSeries[]): string[] {
  return named.flatMap(({ name, labels }) => {
    const isPrefix = name.endsWith('_');
    if (isPrefix && Object.keys(METRICS).some((one) => one.startsWith(name))) return [];
    if (isPrefix) return [`${source}: no metric begins with ${name}`];
    if (name in OTHER_NAMES) return [];
    const definition = (METRICS as Record<string, MetricDefinition>)[name] ?? metricOf(name)?.definition;
    if (!definition) return [`${source}: no metric is called ${name}`];
    return labels
      .filter((label) => !definition.labels.includes(label) && !ADDED_LABELS.includes(label))
      .map((label) => `${source}: ${name} has no label ${label}`);
  });
}

/** Where each metric is asked for, by its name. */
export function sourcesByMetric(references: readonly Reference[]): Map<string, string[]> {
  const found = new Map<string, Set<string>>();
  for (const { source, expression } of references)
    for (const { name } of askedOf(expression).series) {
      const metric = metricOf(name)?.name;
      if (metric !== undefined) found.set(metric, (found.get(metric) ?? new Set()).add(source));
    }
  return new Map([...found].map(([metric, sources]) => [metric, [...sources].sort()]));
}

/** Metrics that neither a dashboard nor an alert asks for, and whose definition does not say why. */
export function unwatchedMetrics(sources: ReadonlyMap<string, readonly string[]>): string[] {
  return Object.entries<MetricDefinition>(METRICS)
    .filter(([name, { unwatched }]) => !sources.has(name) && unwatched === undefined)
    .map(([name]) => name);
}

function seriesFaults({ name, labels }: AskedSeries, recordings: Recordings): string[] {
  const known = labelsOfSeries(name, recordings);
  if (!known) return [`no metric has the series ${name}`];
  return labels
    .filter((label) => !known.includes(label) && !ADDED_LABELS.includes(label))
    .map((label) => `${name} has no label ${label}`);
}

/** Undefined where there is no such series. */
function labelsOfSeries(name: string, recordings: Recordings): readonly string[] | undefined {
  if (name in RUNTIME_METRICS) return [];
  return recordings.get(name) ?? metricOf(name)?.definition.labels;
}
