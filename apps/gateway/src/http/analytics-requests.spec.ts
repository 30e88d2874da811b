import { describe, expect, it } from '@jest/globals';
import type { Readiness } from '@parlance/telemetry';
import type { UsageAnalytics } from '../analytics/usage-analytics.service.js';
import type { LanguageSupports, ServiceLanguages } from '../catalogue/language-support.service.js';
import type { OpenCalls } from '../drain/open-calls.service.js';
import { AnalyticsRequests } from './analytics-requests.service.js';

const WHOLE: ServiceLanguages = {
  recognition: new Set(['de', 'en']),
  replies: null,
  speech: new Set(['en', 'de']),
};

function requests(services: Partial<ServiceLanguages> = {}, isStoreThere = true): AnalyticsRequests {
  const state = { caughtUp: true, activities: { counted: 3, double: 0, late: 0, future: 0 } };
  return new AnalyticsRequests(
    { state } as unknown as UsageAnalytics,
    { parts: () => ({ accepting: true, store: isStoreThere }) } as Readiness,
    {} as OpenCalls,
    { services: async () => ({ ...WHOLE, ...services }) } as unknown as LanguageSupports,
  );
}

describe('the state of the platform', () => {
  it('says of each part that it is there, and what it does', async () => {
    expect(await requests().health()).toEqual({
      status: 'ok',
      parts: { accepting: true, store: true, replies: true, speech: true },
    });
    expect(await requests().status()).toMatchObject({
      status: 'ok',
      languages: { recognition: ['de', 'en'], replies: 'any', speech: ['de', 'en'] },
      analytics: { caughtUp: true, activities: { counted: 3 } },
    });
  });

  it.each([
    ['the store', requests({}, false), { store: false, replies: true, speech: true }],
    ['what answers', requests({ replies: new Set() }), { replies: 'away, turns wait for it', speech: true }],
    ['what answers, for nobody knows', requests({ replies: undefined }), { replies: false }],
    ['what speaks', requests({ speech: undefined }), { replies: true, speech: 'away, replies stay text' }],
  ])('is degraded without %s', async (_, asked, parts) => {
    expect(await asked.health()).toMatchObject({ status: 'degraded', parts });
  });
});
