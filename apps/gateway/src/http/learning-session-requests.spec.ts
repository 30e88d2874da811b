import { describe, expect, it } from '@jest/globals';
import { sessionContextSchema, sessionSettingsSchema, type Principal } from '@parlance/contracts';
import type {
  CatalogueRepository,
  SessionPage,
  SessionRecord,
  StatisticsRepository,
} from '@parlance/persistence';
import { LearningMemory } from '../../../../test/support/learning-memory.js';
import { gatewaySchema } from '../gateway.config.js';
import type { VoiceSessions, WantedSession } from '../sessions/voice-sessions.service.js';
import { LearningSessionRequests } from './learning-session-requests.service.js';

const TENANT = { tenant: 'acme' };
const ADA = { tenant: 'acme', user: 'ada' };
const ID = '01JNA7Z0000000000000000000';
const OPEN = { user_external_id: 'ada', mode_code: 'grammar', language_code: 'en' };

function aSession(overrides: Partial<SessionRecord> = {}): SessionRecord {
  return {
    id: ID,
    ...ADA,
    settings: sessionSettingsSchema.parse({ language: 'en' }),
    context: sessionContextSchema.parse({ mode: 'grammar' }),
    metadata: {},
    status: 'active',
    state: 'active',
    lastSequence: 2,
    createdAt: new Date(0),
    lastActiveAt: new Date(1_000),
    ...overrides,
  };
}

/** The requests over sessions that note what is asked of them. */
function requests(found: readonly SessionRecord[] = []) {
  const begun: { caller: Principal; wanted: WantedSession }[] = [];
  const pages: SessionPage[] = [];
  const sessions = {
    begin: async (caller: Principal, wanted: WantedSession) => {
      begun.push({ caller, wanted });
      return { session: aSession({ metadata: wanted.metadata ?? {} }), resumed: false };
    },
    page: async (_: Principal, page: SessionPage) => {
      pages.push(page);
      return found.slice(0, page.limit);
    },
    end: async () => ({ session: aSession({ status: 'ended', state: 'expired', endedAt: new Date(2_000) }) }),
  };
  const catalogue = {
    find: async (_: string, __: string, code: string) =>
      ['grammar', 'en', 'market'].includes(code) ? {} : undefined,
  };
  const memory = new LearningMemory();
  const config = gatewaySchema.parse({ PARLANCE_SESSION_IDLE_MS: '60000' });
  return {
    begun,
    pages,
    memory,
    requests: new LearningSessionRequests(
      sessions as unknown as VoiceSessions,
      {} as StatisticsRepository,
      catalogue as unknown as CatalogueRepository,
      memory.repository,
      config,
    ),
  };
}

describe('a learning session', () => {
  it('is opened in a mode and a language of the catalogue, and told when it expires', async () => {
    const { requests: api, begun } = requests();
    const view = await api.open(TENANT, { ...OPEN, language_code: 'en-GB', metadata: { class: '7b' } });
    expect(begun).toEqual([
      {
        caller: ADA,
        wanted: {
          settings: { language: 'en' },
          context: { mode: 'grammar', targetLanguage: 'en' },
          metadata: { class: '7b' },
        },
      },
    ]);
    expect(view).toMatchObject({
      id: ID,
      session_id: ID,
      state: 'active',
      metadata: { class: '7b' },
      expires_at: '1970-01-01T00:01:01.000Z',
      closed_at: null,
    });
  });

  it('is opened for a scenario and a lesson, or for the learner’s enrolment', async () => {
    const { requests: api, begun, memory } = requests();
    const [lesson, enrolment] = ['01JNA7Z0000000000000000001', '01JNA7Z0000000000000000002'];
    await memory.create('acme', 'lesson', { id: lesson, value: {} });
    await memory.create('acme', 'enrolment', { id: enrolment, user: 'ada', value: {} });
    await api.open(TENANT, { ...OPEN, scenario_code: 'market', lesson_id: lesson, enrolment_id: enrolment });
    expect(begun[0]!.wanted.context).toMatchObject({ scenario: 'market', lesson, enrolment });
    const MISSING = { code: 'learning.not_found' };
    const nobodys = '01JNA7Z0000000000000000003';
    await expect(api.open(TENANT, { ...OPEN, lesson_id: nobodys })).rejects.toMatchObject(MISSING);
    await expect(api.open({ tenant: 'globex' }, { ...OPEN, lesson_id: lesson })).rejects.toMatchObject(
      MISSING,
    );
    const bobs = { ...OPEN, user_external_id: 'bob', enrolment_id: enrolment };
    await expect(api.open(TENANT, bobs)).rejects.toMatchObject(MISSING);
    await expect(api.open(TENANT, { ...OPEN, scenario_code: 'moon' })).rejects.toThrow(
      /scenario_code: .*"moon"/,
    );
    expect(begun).toHaveLength(1);
  });

  it.each([
    ['a mode that there is not', TENANT, { ...OPEN, mode_code: 'moon' }, /mode_code: .*"moon"/],
    ['a language that is not taught', TENANT, { ...OPEN, language_code: 'fr' }, /language_code: .*"fr"/],
    ['what is no language', TENANT, { ...OPEN, language_code: '$gt' }, /language_code: .*"\$gt"/],
    ['a language to be detected', TENANT, { ...OPEN, language_code: 'auto' }, /language_code/],
    ['nobody to speak', TENANT, { ...OPEN, user_external_id: undefined }, /user_external_id/],
    ['another user than the token names', ADA, { ...OPEN, user_external_id: 'bob' }, /another user/],
  ])('is not opened with %s', async (_name, caller, body, message) => {
    const { requests: api, begun } = requests();
    await expect(api.open(caller, body)).rejects.toThrow(message);
    expect(begun).toEqual([]);
  });

  it('is listed by the time that its id begins with, and by names of modes in earlier releases', async () => {
    const { requests: api, pages } = requests();
    const query = { from: '2025-02-28', to: '2025-03-01', mode_code: 'correction', cursor: ID };
    await api.list(TENANT, query);
    expect(pages[0]).toMatchObject({ mode: 'grammar', limit: 21, skip: 0 });
    const { since, before } = pages[0]!;
    expect([since! < before!, before! <= ID]).toEqual([true, true]);
    await api.list(TENANT, { to: '2999-01-01', cursor: ID });
    expect(pages[1]!.before).toBe(ID);
  });

  it('comes in pages by number as deep as that is told', async () => {
    const { requests: api, pages } = requests(Array.from({ length: 11 }, () => aSession()));
    const page = await api.list(TENANT, { page: '3', page_size: '10' });
    expect(page).toMatchObject({ page: 3, page_size: 10, next_cursor: ID });
    expect(pages[0]).toMatchObject({ skip: 20, limit: 11 });
    await expect(api.list(TENANT, { page: '1001', page_size: '10' })).rejects.toThrow('10000 entries deep');
  });

  it('that has ended is closed without a fault, and answered as it stands', async () => {
    const { requests: api } = requests();
    expect(await api.close(ADA, ID, undefined)).toMatchObject({
      state: 'expired',
      closed_at: '1970-01-01T00:00:02.000Z',
      expires_at: null,
    });
  });
});
