import { describe, expect, it } from '@jest/globals';
import { askedOf, namedIn } from './promql.ts';
import { documentFaults, faultsOf, metricOf, sourcesByMetric, unwatchedMetrics } from './references.ts';

describe('what an expression asks for', () => {
  it('is its series with the labels that they are selected by, and the labels of its groups', () => {
    const expression =
      'sum by (namespace, le) (rate(parlance_a_bucket{kind="li}ve", model!~"x.*"}[5m])) / on (pod) group_left () parlance_b';
    expect(askedOf(expression)).toEqual({
      series: [
        { name: 'parlance_a_bucket', labels: ['kind', 'model'] },
        { name: 'parlance_b', labels: [] },
      ],
      grouping: ['namespace', 'le', 'pod'],
    });
  });

  it('leaves out functions, numbers, texts, and the series of other programs', () => {
    const expression = 'topk(10, up{job="parlance_x"}) > 0.5 or vector(0) or parlance:a:rate5m offset 1h';
    expect(askedOf(expression)).toEqual({
      series: [{ name: 'parlance:a:rate5m', labels: [] }],
      grouping: [],
    });
  });

  it('reads the variables of Grafana as values, not as names', () => {
    const expression = 'rate(process_cpu_seconds_total{namespace=~"$namespace"}[$__rate_interval])';
    expect(askedOf(expression).series).toEqual([
      { name: 'process_cpu_seconds_total', labels: ['namespace'] },
    ]);
  });
});

describe('what a document names', () => {
  it('is read with labels in both ways of writing', () => {
    expect(namedIn('`parlance_a_total{x,y}` and parlance_b{z="1"}; parlance_c_')).toEqual([
      { name: 'parlance_a_total', labels: ['x', 'y'] },
      { name: 'parlance_b', labels: ['z'] },
      { name: 'parlance_c_', labels: [] },
    ]);
  });

  it('must be a metric, one of its series, the beginning of several, or a name of another kind', () => {
    const named = namedIn(
      'parlance_recognition_rtf parlance_recognition_rtf_bucket parlance_operator_ parlance_model_load_percent',
    );
    expect(documentFaults('x.md', named)).toEqual([]);
    expect(
      documentFaults('x.md', namedIn('parlance_gone_total parlance_gone_ parlance_messages_total{to}')),
    ).toEqual([
      'x.md: no metric is called parlance_gone_total',
      'x.md: no metric begins with parlance_gone_',
      'x.md: parlance_messages_total has no label to',
    ]);
  });
});

describe('an expression that the registry does not know', () => {
  const fault = (expression: string) => faultsOf({ source: 'Alert', expression });

  it('is at fault for a series that was renamed, or that its kind of metric does not have', () => {
    expect(fault('rate(parlance_gone_total[5m])')).toEqual([
      'Alert: no metric has the series parlance_gone_total',
    ]);
    expect(fault('parlance_recognition_rtf')).toHaveLength(1);
    expect(fault('parlance_messages_total_count')).toHaveLength(1);
  });

  it('is at fault for a label that none of its metrics has, selected or grouped by', () => {
    expect(fault('sum by (tenant) (parlance_messages_total{stage="x"})')).toEqual([
      'Alert: parlance_messages_total has no label stage',
      'Alert: none of its series has the label tenant',
    ]);
    expect(
      fault('sum by (namespace, pod, le) (rate(parlance_recognition_rtf_bucket{le="0.5"}[5m]))'),
    ).toEqual([]);
  });

  it('may ask for a recording by the labels that it has', () => {
    const recordings = new Map([['parlance:x:rate5m', ['namespace', 'stage']]]);
    const expression = 'sum by (stage) (parlance:x:rate5m{namespace="a"})';
    expect(faultsOf({ source: 'Alert', expression }, recordings)).toEqual([]);
    expect(faultsOf({ source: 'Alert', expression })).not.toEqual([]);
  });
});

describe('a metric', () => {
  it('is found by each of its series', () => {
    expect(metricOf('parlance_recognition_rtf_sum')?.name).toBe('parlance_recognition_rtf');
    expect(metricOf('parlance_recognition_rtf')).toBeUndefined();
  });

  it('is watched where one expression asks for it', () => {
    const sources = sourcesByMetric([
      { source: 'b', expression: 'parlance_messages_total' },
      { source: 'a', expression: 'rate(parlance_messages_total[5m]) > parlance_gone' },
    ]);
    expect(sources).toEqual(new Map([['parlance_messages_total', ['a', 'b']]]));
    expect(unwatchedMetrics(sources)).toContain('parlance_fallbacks_total');
    expect(unwatchedMetrics(sources)).not.toContain('parlance_messages_total');
  });
});
