import { describe, expect, it } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { staleFiles } from '../../tools/kube/derived-files.js';
import { valueRows } from '../../tools/kube/chart-values.js';

interface Alerts {
  readonly groups: readonly {
    readonly rules: readonly { readonly alert: string; readonly expr: string }[];
  }[];
}

/** TypeScript of the services, without their tests. */
function sources(): string {
  return ['apps', 'libs']
    .flatMap((parent) =>
      readdirSync(parent, { recursive: true, encoding: 'utf8' }).map((path) => `${parent}/${path}`),
    )
    .filter((path) => /\/src\/.*(?<!\.spec)\.ts$/.test(path) && !path.includes('node_modules'))
    .map((path) => readFileSync(path, 'utf8'))
    .join('\n');
}

describe('files of the charts that are made from others', () => {
  it('are up to date: CRDs, alert rules, the kustomize base, the tables of values', async () => {
    expect(await staleFiles()).toEqual([]);
  }, 60_000);
});

describe('the values of a chart as rows', () => {
  it('have the comment in front of each value, and its default', () => {
    const yaml = [
      '# About the file.',
      '',
      '# Pods.',
      'replicas: 2',
      '# The bus.',
      'nats:',
      '  # Its address.',
      "  url: ''",
      '  image: { tag: 1 }',
      'list: [a, b]',
    ].join('\n');
    expect(valueRows(yaml)).toEqual([
      { path: 'replicas', value: '2', meaning: 'Pods.' },
      { path: 'nats', value: undefined, meaning: 'The bus.' },
      { path: 'nats.url', value: "''", meaning: 'Its address.' },
      { path: 'nats.image', value: '{ tag: 1 }', meaning: '' },
      { path: 'list', value: '[a, b]', meaning: '' },
    ]);
  });
});

describe('alert rules', () => {
  const rules = (parse(readFileSync('k8s/alerts/parlance.yaml', 'utf8')) as Alerts).groups.flatMap(
    (group) => group.rules,
  );

  it('ask only for metrics that the services publish', () => {
    const code = sources();
    const names = rules.flatMap(({ expr }) => expr.match(/parlance_[a-z_]+/g) ?? []);
    expect(names.length).toBeGreaterThan(8);
    for (const name of names) expect(code).toContain(`'${name.replace(/_(bucket|count|sum)$/, '')}'`);
  });

  it('have names of their own', () => {
    const names = rules.map(({ alert }) => alert);
    expect(new Set(names).size).toBe(names.length);
  });
});
