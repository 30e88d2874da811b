import { metricsRegistry } from './metrics.js';
import { openMetricsText } from './openmetrics.js';

const OPENMETRICS = 'application/openmetrics-text';
const OPENMETRICS_VERSION = '1.0.0';
/** Ranges of media types that the Prometheus text format is one of. */
const PROMETHEUS_TEXT = ['text/plain', 'text/*', '*/*'];

/** What a scraper gets. */
export interface MetricsPage {
  readonly contentType: string;
  readonly text: string;
}

/** One range of an Accept header. */
interface MediaRange {
  readonly type: string;
  readonly version: string | undefined;
  /** From 0, which is never, to 1. */
  readonly weight: number;
}

/** This process' metrics: as OpenMetrics for clients that prefer it, else in the Prometheus text format.
 *  @param preferences  the Accept header; empty: anything */
export async function metricsPage(preferences: string): Promise<MetricsPage> {
  if (!prefersOpenMetrics(preferences))
    return { contentType: metricsRegistry.contentType, text: await metricsRegistry.metrics() };
  return {
    contentType: `${OPENMETRICS}; version=${OPENMETRICS_VERSION}; charset=utf-8`,
    text: await openMetricsText(metricsRegistry),
  };
}

/** Whether OpenMetrics 1.0.0 is named, and weighs no less than the Prometheus text format. */
export function prefersOpenMetrics(preferences: string): boolean {
  const ranges = preferences.split(',').map(rangeOf);
  const weightOf = (isOne: (range: MediaRange) => boolean): number =>
    Math.max(0, ...ranges.filter(isOne).map(({ weight }) => weight));
  const openMetrics = weightOf(
    ({ type, version = OPENMETRICS_VERSION }) => type === OPENMETRICS && version === OPENMETRICS_VERSION,
  );
  return openMetrics > 0 && openMetrics >= weightOf(({ type }) => PROMETHEUS_TEXT.includes(type));
}

function rangeOf(text: string): MediaRange {
  const [type = '', ...parameters] = text.split(';').map((part) => part.trim().toLowerCase());
  const valueOf = (name: string): string | undefined =>
    parameters
      .find((parameter) => parameter.startsWith(`${name}=`))
      ?.slice(name.length + 1)
      .replaceAll('"', '');
  const weight = Number(valueOf('q') ?? 1);
  return { type, version: valueOf('version'), weight: weight >= 0 && weight <= 1 ? weight : 0 };
}
