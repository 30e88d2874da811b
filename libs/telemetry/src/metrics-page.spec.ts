import { describe, expect, it } from '@jest/globals';
import { metricsPage, prefersOpenMetrics } from './metrics-page.js';

const OPEN = 'application/openmetrics-text';

describe('a page of metrics', () => {
  it.each([
    ['Prometheus 3', `${OPEN};version=1.0.0;q=0.6,${OPEN};version=0.0.1;q=0.5,text/plain;q=0.3,*/*;q=0.2`],
    ['a client that names the type alone', OPEN],
    ['a client that quotes the version', `Application/OpenMetrics-Text; version="1.0.0"`],
    ['a client to whom both are equal', `text/plain, ${OPEN}`],
  ])('is OpenMetrics for %s', async (_, preferences) => {
    expect(prefersOpenMetrics(preferences)).toBe(true);
    const { contentType, text } = await metricsPage(preferences);
    expect([contentType, text.endsWith('# EOF\n')]).toEqual([`${OPEN}; version=1.0.0; charset=utf-8`, true]);
  });

  it.each([
    ['a client that says nothing', ''],
    ['curl', '*/*'],
    ['a browser', 'text/html,application/xhtml+xml,*/*;q=0.8'],
    ['Prometheus 1', 'text/plain;version=0.0.4;q=0.3,*/*;q=0.1'],
    ['a client of an older OpenMetrics', `${OPEN};version=0.0.1`],
    ['a client that prefers text', `${OPEN};q=0.4,text/plain`],
    ['a client that refuses OpenMetrics', `${OPEN};q=0`],
    ['a header that is none', ';;q=,,=/'],
    ['a weight that is none', `${OPEN};q=high`],
  ])('is in the Prometheus text format for %s', async (_, preferences) => {
    expect(prefersOpenMetrics(preferences)).toBe(false);
    expect((await metricsPage(preferences)).contentType).toBe('text/plain; version=0.0.4; charset=utf-8');
  });
});
