import { describe, expect, it } from '@jest/globals';
import { parseRequest } from './request-fields.js';
import { bySearchNames, conversationSearchSchema, summariesQuerySchema } from './search.schema.js';

const search = (query: Record<string, unknown>) =>
  parseRequest(conversationSearchSchema, bySearchNames(query));
const summaries = (query: Record<string, unknown>) =>
  parseRequest(summariesQuerySchema, bySearchNames(query));

describe('what turns and summaries are looked for by', () => {
  it('is named as here, or as sessions name it', () => {
    const named = { learner: 'ada', mode: 'grammar', language: 'en' };
    const asSessions = { user_external_id: 'ada', mode_code: 'grammar', language_code: 'English' };
    for (const read of [search, summaries]) {
      expect(read(asSessions)).toEqual(read(named));
      expect(read(named)).toMatchObject(named);
      expect(() => read({ ...named, mode_code: 'grammar' })).toThrow('mode_code: is another name of mode');
    }
  });

  it('may be one day, from its beginning until the next', () => {
    for (const read of [search, summaries]) {
      expect(read({ date: '2026-03-01' })).toMatchObject({
        from: new Date('2026-03-01T00:00:00Z'),
        to: new Date('2026-03-02T00:00:00Z'),
      });
      expect(() => read({ date: '2026-03-01', to: '2026-03-05' })).toThrow('date');
      expect(() => read({ date: '2026-02-30' })).toThrow('date');
    }
  });

  it('goes on by the cursor of its own list', () => {
    const session = '01J00000000000000000000000';
    expect(summaries({ cursor: `1764573720000.${session}` }).cursor).toEqual({
      startedAt: new Date(1_764_573_720_000),
      session,
    });
    expect(search({ cursor: session }).cursor).toBe(session);
    expect(() => summaries({ cursor: session })).toThrow('cursor');
    expect(() => search({ cursor: `1.${session}` })).toThrow('cursor');
  });
});
