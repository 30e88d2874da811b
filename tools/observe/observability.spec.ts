import { describe, expect, it } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { MetricDefinition } from '../../libs/telemetry/src/metric-definition.ts';
import { METRICS } from '../../libs/telemetry/src/metric-registry.data.ts';
import {
  alertRules,
  DASHBOARD_PLANS,
  recordingsOf,
  references,
  RULES,
  staleObservability,
} from './derived-observability.ts';
import { namedIn } from './promql.ts';
import { documentFaults, faultsOf, sourcesByMetric, unwatchedMetrics } from './references.ts';

const ROOT = join(import.meta.dirname, '../..');
const RUNBOOKS = 'docs/runbooks/alerts.md';
/** What may name metrics outside of dashboards and alerts. */
const DOCUMENTS = [
  'README.md',
  'docs/**/*.md',
  'charts/*/README.md',
  'k8s/**/*.md',
  '{apps,libs,tools}/*/README.md',
  'apps/operator/src/**/*.ts',
  'compose/*',
  'charts/*/values.yaml',
  'helm/*.yaml',
];
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
const filesOf = (patterns: string[]): string[] =>
  globSync(patterns, { cwd: ROOT, exclude: ['**/node_modules', '**/dist'] }).filter(
    (path) => !path.endsWith('.spec.ts'),
  );

describe('the registry of metrics', () => {
  const all = Object.entries<MetricDefinition>(METRICS);

  it('names each metric by the conventions: its unit, and _total for what is counted', () => {
    for (const [name, { kind, unit }] of all) {
      expect([name, name.endsWith('_total')]).toEqual([name, kind === 'counter']);
      if (['seconds', 'bytes'].includes(unit)) expect(name).toMatch(new RegExp(`_${unit}(_total)?$`));
    }
  });

  it('has only metrics that some code makes, and all that code makes', () => {
    const made = filesOf(['{apps,libs}/*/src/**/*.ts'])
      .filter((path) => !path.endsWith('metric-registry.data.ts'))
      .flatMap((path) => [...read(path).matchAll(/\b(?:counter|gauge|histogram)\(\s*['`](parlance_[^'`]+)/g)])
      .flatMap(([, name]) =>
        name === 'parlance_gateway_${name}_sockets'
          ? ['listen', 'learn', 'stream', 'realtime', 'speak'].map((one) => `parlance_gateway_${one}_sockets`)
          : [name],
      );
    expect([...new Set(made)].sort()).toEqual(Object.keys(METRICS).sort());
  });

  it('is what every dashboard and every rule asks for, series by series and label by label', () => {
    const rules = alertRules();
    const recordings = recordingsOf(rules);
    expect(references(rules).flatMap((reference) => faultsOf(reference, recordings))).toEqual([]);
  });

  it('is what documents, charts and the operator name', () => {
    const files = filesOf(DOCUMENTS);
    expect(files.length).toBeGreaterThan(50);
    expect(files.flatMap((path) => documentFaults(path, namedIn(read(path))))).toEqual([]);
  });

  it('has no metric that nobody looks at, but those that say why', () => {
    expect(unwatchedMetrics(sourcesByMetric(references()))).toEqual([]);
  });
});

describe('docs/metrics.md and the dashboards', () => {
  it('are up to date', async () => {
    expect(await staleObservability()).toEqual([]);
  }, 60_000);

  it('have panels whose titles are their own within a dashboard', () => {
    for (const { rows } of DASHBOARD_PLANS) {
      const titles = rows.flatMap(({ panels }) => panels.map(({ title }) => title));
      expect(new Set(titles).size).toBe(titles.length);
    }
  });
});

describe('alerts', () => {
  const alerts = alertRules().filter(({ alert }) => alert !== undefined);

  it('have names of their own, a severity, and a runbook', () => {
    const headings = new Set(read(RUNBOOKS).match(/(?<=^## )\w+$/gm));
    expect(alerts.map(({ alert }) => alert).sort()).toEqual([...headings].sort());
    expect(headings.size).toBe(alerts.length);
    for (const { alert, labels, annotations } of alerts) {
      expect(labels?.severity).toMatch(/^(critical|warning)$/);
      expect(annotations?.runbook_url).toBe(`${RUNBOOKS}#${alert?.toLowerCase()}`);
    }
  });

  it('are the same in the chart', () => {
    expect(read('charts/parlance/files/alerts.yaml')).toBe(read(RULES));
  });

  const promtool = [join(ROOT, '.cache/bin/promtool'), '/usr/bin/promtool'].find(existsSync);
  const withPromtool = promtool === undefined ? it.skip : it;
  const run = (...args: string[]): string => {
    try {
      return execFileSync(promtool as string, args, { cwd: ROOT, encoding: 'utf8' });
    } catch (error) {
      const { stdout, stderr } = error as { stdout: string; stderr: string };
      throw new Error(`${stdout}\n${stderr}`, { cause: error });
    }
  };

  withPromtool('are rules that Prometheus can read (needs promtool)', () => {
    expect(run('check', 'rules', RULES)).toContain('SUCCESS');
  });

  withPromtool(
    'each fire by what they are for, and not by less (needs promtool)',
    () => {
      const tests = read('tools/observe/alerts.test.yaml');
      expect(alerts.filter(({ alert }) => !tests.includes(`"${alert}"`)).map(({ alert }) => alert)).toEqual(
        [],
      );
      expect(run('test', 'rules', 'tools/observe/alerts.test.yaml')).toContain('SUCCESS');
    },
    60_000,
  );
});
