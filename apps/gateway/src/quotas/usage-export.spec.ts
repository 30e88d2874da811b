import { describe, expect, it } from '@jest/globals';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { UsagePage, UsageRepository, UsageRow } from '@parlance/persistence';
import type { Caller } from '../auth/caller.js';
import type { Quotas } from './quotas.service.js';
import { UsageExport } from './usage-export.service.js';
import { UsageReports } from './usage-reports.service.js';

const OWNER: Caller = { tenant: 'acme', role: 'owner' };
const LEARNER: Caller = { tenant: 'acme', user: 'ada', role: 'learner' };
const DAYS = { from: '2026-12-01', to: '2026-12-02' };

function reports(...ids: readonly string[]) {
  const asked: UsagePage[] = [];
  const rows = ids.map((id): UsageRow => ({
    ...{ tenant: 'acme', scope: 'learner', day: '2026-12-01', id },
    counts: { requests: 2, audioMs: 1_500 },
  }));
  const repository: Pick<UsageRepository, 'page'> = {
    page: async (_tenant, page) => {
      asked.push(page);
      const first = page.after ? rows.findIndex(({ id }) => id === page.after?.id) + 1 : 0;
      return rows.slice(first, first + page.limit);
    },
  };
  return { asked, reports: new UsageReports(repository as UsageRepository, {} as Quotas) };
}

async function csv(made: UsageReports, most?: number): Promise<string> {
  const out = new PassThrough();
  const question = made.question(OWNER, { tenant: 'acme' }, { ...DAYS, groupBy: 'learner' });
  const sent = new UsageExport(made).send('acme', question, out, most);
  const [written] = await Promise.all([text(out), sent]);
  return written;
}

describe('usage as CSV', () => {
  it('has a header, lines that end as RFC 4180 has it, and quotes where they are needed', async () => {
    expect(await csv(reports('ada', 'a,"b"\nc').reports)).toBe(
      [
        'day,learner,requests,audioSeconds,characters,inputTokens,outputTokens,turns,storedBytes,deletedBytes',
        '2026-12-01,ada,2,1.5,0,0,0,0,0,0',
        '2026-12-01,"a,""b""\nc",2,1.5,0,0,0,0,0,0',
        '',
      ].join('\r\n'),
    );
  });

  it.each(['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1'])('holds no formula: %j', async (id) => {
    const [, line = ''] = (await csv(reports(id).reports)).split('\r\n2026-12-01,');
    expect(line).toMatch(/^"?'/);
    expect(line).toContain(id.trim());
  });

  it('is bounded, and read page by page', async () => {
    const ids = Array.from({ length: 1_300 }, (_, index) => `user-${index}`);
    const { reports: made, asked } = reports(...ids);
    expect((await csv(made, 1_200)).split('\r\n')).toHaveLength(1 + 1_200 + 1);
    expect(asked.map(({ limit }) => limit)).toEqual([500, 500, 200]);
  });
});

describe('a question for usage', () => {
  const { reports: made } = reports();
  const codeOf = (caller: Caller, query: object) => {
    try {
      made.question(caller, caller, query);
      return 'ok';
    } catch (error) {
      return (error as { code: string }).code;
    }
  };

  it('is about the tenant where an owner asks, and about themselves where a learner does', () => {
    expect(made.question(OWNER, OWNER, DAYS)).toMatchObject({ ...DAYS, groupBy: 'day' });
    expect(made.question(LEARNER, LEARNER, DAYS)).toMatchObject({ ofUser: 'ada' });
    const admin: Caller = { tenant: 'acme', user: 'eve', role: 'admin' };
    expect(made.question(admin, admin, { groupBy: 'key' })).not.toHaveProperty('ofUser');
    expect(made.question(OWNER, LEARNER, DAYS)).toMatchObject({ ofUser: 'ada' });
    expect(codeOf(LEARNER, { groupBy: 'learner' })).toBe('auth.forbidden');
    expect(codeOf({ tenant: 'acme', role: 'teacher' }, {})).toBe('auth.forbidden');
  });

  it.each([
    { from: '2026-13-01' },
    { from: '2026-12-02', to: '2026-12-01' },
    { from: '2024-01-01', to: '2026-01-01' },
    { groupBy: 'tenant' },
    { cursor: 'x' },
    { limit: '0' },
    { from: { $gt: '' } },
  ])('is refused where it makes no sense: %j', (query) => {
    expect(codeOf(OWNER, query)).toBe('request.invalid');
  });
});
