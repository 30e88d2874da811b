import { describe, expect, it } from '@jest/globals';
import { AppError } from '@parlance/errors';
import {
  sessionEnded,
  type CatalogueRepository,
  type SessionRecord,
  type SessionRepository,
  type StatisticsRepository,
} from '@parlance/persistence';
import { aLearnerPrivacy } from '../../../../test/support/learner-privacy-factory.js';
import { silentLogger } from '../../../../test/support/silent-logger.js';
import { gatewaySchema } from '../gateway.config.js';
import type { VoicesService } from '../synthesis/voices.service.js';
import { SessionSweeper } from './session-sweeper.service.js';
import type { SessionEndings } from './session-endings.service.js';
import { VoiceSessions } from './voice-sessions.service.js';

const ADA = { tenant: 'acme', user: 'ada' };
const ACTIVE = {
  id: '01ACTIVE',
  tenant: 'acme',
  user: 'ada',
  status: 'active',
  lastActiveAt: new Date(0),
} as SessionRecord;
const rival = new AppError('session.already_active', 'A rival was faster.');

interface Doing {
  /** What `findActive` gives, call by call. */
  readonly active?: (SessionRecord | undefined)[];
  /** Faults of `create` and of changes, call by call. */
  readonly faults?: (AppError | undefined)[];
  readonly idle?: SessionRecord[][];
  readonly endFault?: AppError;
}

/** The rules over a repository that notes what is asked of it. */
function rules({ active = [], faults = [], idle = [], endFault }: Doing = {}) {
  const done: string[] = [];
  const act = (what: string) => {
    const fault = faults.shift();
    if (fault) throw fault;
    done.push(what);
    return ACTIVE;
  };
  const sessions = {
    getFor: async () => ACTIVE,
    findActive: async () => active.shift(),
    create: async (_: string, __: string, { onlyActive = false }) =>
      act(onlyActive ? 'made the only one' : 'made'),
    page: async () => [ACTIVE],
    updateSettings: async () => act('changed settings'),
    updateContext: async () => ACTIVE,
    idle: async () => idle.shift() ?? [],
    end: async (_: string, id: string, { reason }: { reason: string }) => {
      if (endFault) throw endFault;
      done.push(`ended ${id}: ${reason}`);
      return { session: ACTIVE, endedNow: true };
    },
  };
  const catalogue = {
    find: async (_: string, __: string, code: string) => (code === 'moon' ? undefined : {}),
  };
  const statistics = { turnTotals: async () => ({}) };
  const voices = {
    require: async (voice: string) => {
      if (voice === 'nobody') throw new AppError('voice.not_found', 'Nobody.');
    },
  };
  return {
    done,
    repository: sessions as unknown as SessionRepository,
    sessions: new VoiceSessions(
      sessions as unknown as SessionRepository,
      statistics as unknown as StatisticsRepository,
      voices as unknown as VoicesService,
      {
        announce: ({ id }: SessionRecord) => void done.push(`announced the end of ${id}`),
      } as unknown as SessionEndings,
      catalogue as unknown as CatalogueRepository,
      aLearnerPrivacy(),
    ),
  };
}

describe('a session that is begun', () => {
  it('takes a mode that the tenant has, and refuses another one by its name', async () => {
    const { sessions, done } = rules();
    const moon = { context: { mode: 'moon' } };
    const refusal = { code: 'request.invalid', message: expect.stringContaining('moon') };
    await expect(sessions.begin(ADA, moon)).rejects.toMatchObject(refusal);
    await expect(sessions.updateContext(ADA, ACTIVE.id, moon.context)).rejects.toMatchObject(refusal);
    expect(done).toEqual([]);
    await sessions.begin(ADA, { context: { mode: 'grammar' } });
    expect(done).toEqual(['made']);
  });

  it('is one of many where nothing else is said', async () => {
    const { sessions, done } = rules({ active: [ACTIVE] });
    expect(await sessions.begin(ADA, {})).toMatchObject({ resumed: false });
    expect(done).toEqual(['made']);
  });

  it.each([
    ['resume', ['changed settings'], true],
    ['end', ['ended 01ACTIVE: replaced', 'announced the end of 01ACTIVE', 'made the only one'], false],
  ] as const)('with an active one there: %s', async (onActive, expected, resumed) => {
    const { sessions, done } = rules({ active: [ACTIVE] });
    expect(await sessions.begin(ADA, { onActive })).toMatchObject({ resumed });
    expect(done).toEqual(expected);
  });

  it('is refused with an active one there where that is asked for, naming it', async () => {
    const { sessions, done } = rules({ active: [ACTIVE] });
    const refused = sessions.begin(ADA, { onActive: 'refuse' });
    await expect(refused).rejects.toMatchObject({
      code: 'session.already_active',
      message: expect.stringContaining('01ACTIVE'),
    });
    expect(done).toEqual([]);
  });

  it('looks again when a rival begins or ends one at the same time', async () => {
    const begun = rules({ active: [undefined, ACTIVE], faults: [rival] });
    expect(await begun.sessions.begin(ADA, { onActive: 'resume' })).toMatchObject({ resumed: true });
    const over = rules({ active: [ACTIVE, undefined], faults: [sessionEnded()] });
    expect(await over.sessions.begin(ADA, { onActive: 'resume' })).toMatchObject({ resumed: false });
    const hopeless = rules({ faults: [rival, rival, rival] });
    await expect(hopeless.sessions.begin(ADA, { onActive: 'end' })).rejects.toBe(rival);
  });

  it('needs a user where it may be the only one, and a voice that there is', async () => {
    const { sessions } = rules();
    await expect(sessions.begin({ tenant: 'acme' }, { onActive: 'end' })).rejects.toMatchObject({
      code: 'request.invalid',
    });
    const settings = { voice: 'nobody' };
    await expect(sessions.begin(ADA, { settings })).rejects.toMatchObject({ code: 'voice.not_found' });
    await expect(sessions.updateSettings(ADA, '01ACTIVE', settings)).rejects.toMatchObject({
      code: 'voice.not_found',
    });
  });
});

describe('the sweeper', () => {
  const config = gatewaySchema.parse({ PARLANCE_SESSION_IDLE_MS: '1000' });
  const sweeper = ({ repository, sessions }: ReturnType<typeof rules>) =>
    new SessionSweeper(repository, sessions, config, silentLogger);

  it('ends what is idle, batch after batch', async () => {
    const full = Array.from({ length: 100 }, () => ACTIVE);
    const parts = rules({ idle: [full, [ACTIVE]] });
    expect(await sweeper(parts).sweep()).toBe(101);
    expect(parts.done).toHaveLength(202);
    expect(new Set(parts.done)).toEqual(new Set(['ended 01ACTIVE: idle', 'announced the end of 01ACTIVE']));
  });

  it('tells that the store is away, and stops with the process', async () => {
    const endFault = new AppError('store.unavailable', 'Away.');
    const parts = rules({ idle: [[ACTIVE]], endFault });
    const running = sweeper(parts);
    await expect(running.sweep()).rejects.toBe(endFault);
    running.onApplicationBootstrap();
    await running.beforeApplicationShutdown();
    expect(await running.sweep()).toBe(0);
  });
});
