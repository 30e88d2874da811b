import type { LabelOf, MetricName, RUNTIME_METRICS } from '../../libs/telemetry/src/metric-registry.data.ts';

/** A line, or a family of lines, of a panel. */
export interface PanelQuery {
  readonly expression: string;
  /** A label's value stands for `{{label}}`. */
  readonly legend: string;
}

/** Units as Grafana names them. */
export type PanelUnit = 'short' | 's' | 'bytes' | 'percentunit' | 'reqps' | 'ops' | 'd';

/** A panel: what it is called, what one sees in it, and what it asks Prometheus for. */
export interface PanelPlan {
  readonly title: string;
  readonly reading: string;
  readonly unit: PanelUnit;
  readonly queries: readonly PanelQuery[];
  /** One number in place of lines over time. */
  readonly isNumber?: boolean;
}

export interface DashboardPlan {
  /** In addresses of Grafana; it stays when the title changes. */
  readonly uid: string;
  readonly title: string;
  readonly reading: string;
  readonly rows: readonly { readonly title: string; readonly panels: readonly PanelPlan[] }[];
}

/** Metrics that are one series for each set of labels. */
type SingleName = MetricName<'counter'> | MetricName<'gauge'>;
type HistogramName = MetricName<'histogram'>;
/** A series of the registry or of the process; no other compiles. */
export type SeriesName =
  SingleName | `${HistogramName}_${'bucket' | 'sum' | 'count'}` | keyof typeof RUNTIME_METRICS;

/** Labels that Kubernetes adds. */
type AddedLabel = 'pod' | 'namespace';
const WINDOW = '$__rate_interval';

/** A series within the namespaces that the dashboard's reader has chosen. @param selector  more, as `kind="live"` */
export function series(name: SeriesName, selector = ''): string {
  return `${name}{namespace=~"$namespace"${selector && `, ${selector}`}}`;
}

/** A gauge, summed over the pods. */
export function sumOf<Name extends MetricName<'gauge'>>(
  name: Name,
  by: readonly (LabelOf<Name> | AddedLabel)[] = [],
  selector = '',
): string {
  return `sum${grouped(by)} (${series(name as SeriesName, selector)})`;
}

/** A gauge of which every pod has the same value. */
export function highestOf<Name extends MetricName<'gauge'>>(
  name: Name,
  by: readonly (LabelOf<Name> | AddedLabel)[] = [],
): string {
  return `max${grouped(by)} (${series(name as SeriesName)})`;
}

/** How much a counter grows in a second. */
export function rateOf<Name extends MetricName<'counter'>>(
  name: Name,
  by: readonly (LabelOf<Name> | AddedLabel)[] = [],
  selector = '',
): string {
  return `sum${grouped(by)} (rate(${series(name as SeriesName, selector)}[${WINDOW}]))`;
}

/** How often a histogram is observed in a second. */
export function countRateOf<Name extends HistogramName>(
  name: Name,
  by: readonly (LabelOf<Name> | AddedLabel)[] = [],
  selector = '',
): string {
  return `sum${grouped(by)} (rate(${series(`${name}_count` as SeriesName, selector)}[${WINDOW}]))`;
}

/** What a share of the values of a histogram do not exceed. @param share  0..1 */
export function quantileOf<Name extends HistogramName>(
  share: number,
  name: Name,
  by: readonly (LabelOf<Name> | AddedLabel)[] = [],
  selector = '',
): string {
  const rate = `rate(${series(`${name}_bucket` as SeriesName, selector)}[${WINDOW}])`;
  return `histogram_quantile(${share}, sum${grouped([...by, 'le'])} (${rate}))`;
}

/** The mean of a histogram's values. */
export function meanOf<Name extends HistogramName>(
  name: Name,
  by: readonly (LabelOf<Name> | AddedLabel)[] = [],
): string {
  const part = (suffix: 'sum' | 'count'): string =>
    `sum${grouped(by)} (rate(${series(`${name}_${suffix}` as SeriesName)}[${WINDOW}]))`;
  return `${part('sum')} / ${part('count')}`;
}

/** A query whose lines are named by their labels. */
export function query(expression: string, legend: string): PanelQuery {
  return { expression, legend };
}

/** The queries of a dashboard as Prometheus itself can run them, without Grafana's variables. */
export function plainQueries({ uid, rows }: DashboardPlan): { panel: string; expression: string }[] {
  return rows.flatMap(({ panels }) =>
    panels.flatMap(({ title, queries }) =>
      queries.map(({ expression }) => ({
        panel: `${uid}: ${title}`,
        expression: plainExpression(expression, '5m'),
      })),
    ),
  );
}

/** An expression without Grafana's variables. @param window  that rates are taken over, such as `5m` */
export function plainExpression(expression: string, window: string): string {
  return expression.replaceAll('$namespace', '.*').replaceAll(WINDOW, window);
}

function grouped(labels: readonly string[]): string {
  return labels.length === 0 ? '' : ` by (${labels.join(', ')})`;
}
