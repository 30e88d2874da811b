/**
 * What follows from the registry of metrics and the plans of dashboards: `npm run dashboards` writes docs/metrics.md and the dashboards of
 * the chart, `npm run dashboards -- --check` fails where one is not up to date.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { parse } from 'yaml';
import { OPERATOR, PROVIDERS, TENANTS } from './domain-dashboards.data.ts';
import { grafanaDashboard } from './grafana.ts';
import { metricsDocument } from './metrics-document.ts';
import { plainQueries } from './panels.ts';
import { askedOf } from './promql.ts';
import { sourcesByMetric, type Recordings, type Reference } from './references.ts';
import { INFERENCE, OVERVIEW, TURN } from './service-dashboards.data.ts';

const ROOT = join(import.meta.dirname, '../..');
const DASHBOARDS = 'charts/parlance/files/dashboards';
/** The rules that the chart copies. */
export const RULES = 'k8s/alerts/parlance.yaml';

/** All dashboards, in the order in which one looks at them. */
export const DASHBOARD_PLANS = [OVERVIEW, TURN, INFERENCE, PROVIDERS, TENANTS, OPERATOR];

/** A rule of Prometheus: an alert, or a recording. */
export interface Rule {
  readonly alert?: string;
  readonly record?: string;
  readonly expr: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** The rules of Prometheus, in their order. */
export function alertRules(): Rule[] {
  const { groups } = parse(readFileSync(join(ROOT, RULES), 'utf8')) as { groups: { rules: Rule[] }[] };
  return groups.flatMap(({ rules }) => rules);
}

/** Labels of what rules record: those that it is grouped by, and those that the rule adds. */
export function recordingsOf(rules: readonly Rule[]): Recordings {
  return new Map(
    rules.flatMap(({ record, expr, labels = {} }) =>
      record === undefined ? [] : [[record, [...askedOf(expr).grouping, ...Object.keys(labels)]] as const],
    ),
  );
}

/** Every expression of a dashboard or a rule, with its name. */
export function references(rules: readonly Rule[] = alertRules()): Reference[] {
  return [
    ...DASHBOARD_PLANS.flatMap((plan) =>
      plainQueries(plan).map(({ expression }) => ({ source: plan.uid, expression })),
    ),
    ...rules.map(({ alert, record, expr }) => ({ source: alert ?? record ?? '', expression: expr })),
  ];
}

/** Each file by its path from the root, with the text that it should have. */
export async function derivedObservability(): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  const document = 'docs/metrics.md';
  files.set(document, await formattedAs(document, metricsDocument(sourcesByMetric(references()))));
  for (const plan of DASHBOARD_PLANS) {
    const path = `${DASHBOARDS}/${plan.uid}.json`;
    files.set(path, await formattedAs(path, JSON.stringify(grafanaDashboard(plan))));
  }
  return files;
}

/** Paths of files that differ from what they should be, and of dashboards that have no plan. */
export async function staleObservability(): Promise<string[]> {
  const files = await derivedObservability();
  const stale = [...files].filter(
    ([path, text]) => !existsSync(join(ROOT, path)) || readFileSync(join(ROOT, path), 'utf8') !== text,
  );
  const others = readdirSync(join(ROOT, DASHBOARDS)).map((name) => `${DASHBOARDS}/${name}`);
  return [...stale.map(([path]) => path), ...others.filter((path) => !files.has(path))];
}

async function formattedAs(path: string, text: string): Promise<string> {
  const filepath = join(ROOT, path);
  return format(text, { ...(await resolveConfig(filepath)), filepath });
}

if (import.meta.main) {
  if (process.argv.includes('--check')) {
    const stale = await staleObservability();
    if (stale.length > 0) console.error(`Not up to date, run \`npm run dashboards\`: ${stale.join(', ')}`);
    process.exitCode = stale.length > 0 ? 1 : 0;
  } else {
    for (const [path, text] of await derivedObservability()) {
      mkdirSync(dirname(join(ROOT, path)), { recursive: true });
      writeFileSync(join(ROOT, path), text);
    }
  }
}
