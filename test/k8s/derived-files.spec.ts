import { describe, expect, it } from '@jest/globals';
import { staleFiles } from '../../tools/kube/derived-files.js';
import { valueRows } from '../../tools/kube/chart-values.js';

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
