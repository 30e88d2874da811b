import { describe, expect, it } from '@jest/globals';
import { ulid } from 'ulid';
import { sessionSettingsSchema, type TurnTranscribed } from '@parlance/contracts';
import { AppError } from '@parlance/errors';
import type { MessageBus } from '@parlance/messaging';
import type {
  CatalogueRepository,
  SessionRepository,
  StatisticsRepository,
  TurnRepository,
} from '@parlance/persistence';
import { aLearnerPrivacy } from '../../../../test/support/learner-privacy-factory.js';
import { aTurn, anIdentity } from '../../../../test/support/turn-factory.js';
import { unlimited } from '../../../../test/support/unlimited.js';
import type { ActivityReports } from '../analytics/activity-reports.service.js';
import { gatewaySchema } from '../gateway.config.js';
import type { RecognitionService, RecordingOptions } from '../recognition/recognition.service.js';
import type { SessionEndings } from '../sessions/session-endings.service.js';
import { VoiceSessions } from '../sessions/voice-sessions.service.js';
import type { VoicesService } from '../synthesis/voices.service.js';
import { RecordedTurns } from './recorded-turns.service.js';
import { recordingReference, type RecordingStore } from './recording-store.js';
import type { TurnTranscript } from './turn-transcript.js';
import { TurnService } from './turn.service.js';
import type { UtteranceRecordings } from './utterance-recordings.service.js';

const { text, language, words, measures, scores } = aTurn();
const TRANSCRIPT: TurnTranscript = { text, language, words, measures, scores };
const REPLY = { speak: true, voice: 'joe' };
const settings = sessionSettingsSchema.parse({ voice: 'amy', speed: 0.8, ttsEnabled: false, language: 'de' });
const IDENTITY = anIdentity();
const REFERENCE = recordingReference(IDENTITY);
const STORED = { key: 'recording', contentType: 'audio/flac', bytes: 12 };
const FAULT = new AppError('upstream.unavailable', 'Not just now.');

interface Doing {
  readonly transcribe?: (pcm: AsyncIterable<Buffer>) => Promise<TurnTranscript>;
  readonly publish?: () => Promise<void>;
  readonly mayRecord?: boolean;
}

/** The services over parts that note what they do. */
function services({ transcribe, publish = () => Promise.resolve(), mayRecord = true }: Doing = {}) {
  const done: string[] = [];
  const recorded: Buffer[] = [];
  const languages: unknown[] = [];
  const published: TurnTranscribed[] = [];
  const note = (what: string) => Promise.resolve(void done.push(what));
  const recognition = {
    transcribe: async ({ pcm, options }: { pcm: AsyncIterable<Buffer>; options: RecordingOptions }) => {
      languages.push(options.language);
      if (transcribe) return transcribe(pcm);
      for await (const _ of pcm);
      return TRANSCRIPT;
    },
  };
  const recordings = {
    begin: () => ({
      write: (chunk: Buffer) => Promise.resolve(void recorded.push(chunk)),
      finish: () => note('recording kept').then(() => STORED),
      discard: () => void done.push('recording discarded'),
    }),
  };
  const utterances = {
    keep: (_: unknown, pcm: Buffer) => {
      recorded.push(pcm);
      return note('utterance recorded');
    },
  };
  const sessions = {
    create: (_: string, id: string) => note('session made').then(() => ({ id, settings })),
    getFor: (_: unknown, id: string) => Promise.resolve({ id, settings, status: id }),
    nextTurn: () => Promise.resolve({ sequence: 3, session: { settings } }),
  };
  const turns = {
    createTranscribed: (turn: { sequence: number; text: string; recording: unknown }) =>
      note(`turn ${turn.sequence} kept: ${turn.text} ${JSON.stringify(turn.recording)}`),
    fail: (_: unknown, { stage }: { stage: string }) => note(`turn failed in ${stage}`),
  };
  const bus = {
    publishWork: (_: string, turn: TurnTranscribed) => {
      published.push(turn);
      return publish().then(() => note('work published'));
    },
  };
  const { turns: limits } = gatewaySchema.parse({ PARLANCE_MAX_TURN_SECONDS: '1' });
  const privacy = aLearnerPrivacy({ mayRecord });
  const voices = {
    require: async (voice: string) => {
      if (voice === 'nobody') throw new AppError('voice.not_found', 'There is no such voice.');
    },
  } as unknown as VoicesService;
  const live = new TurnService(
    utterances as unknown as UtteranceRecordings,
    sessions as unknown as SessionRepository,
    turns as unknown as TurnRepository,
    bus as unknown as MessageBus,
    privacy,
    { turn: () => undefined } as unknown as ActivityReports,
    unlimited(),
  );
  const uploads = new RecordedTurns(
    recognition as unknown as RecognitionService,
    recordings as unknown as RecordingStore,
    new VoiceSessions(
      sessions as unknown as SessionRepository,
      {} as StatisticsRepository,
      voices,
      {} as SessionEndings,
      {} as CatalogueRepository,
      privacy,
    ),
    voices,
    privacy,
    live,
    { turns: limits },
  );
  return { done, recorded, languages, published, live, uploads };
}

async function* sound(seconds = 0.5) {
  for (let half = 0; half < 2; half += 1) yield Buffer.alloc(16_000 * seconds);
}

const recording = (pcm = sound()) => ({
  tenant: 'acme',
  session: undefined,
  pcm,
  options: {},
  reply: REPLY,
  usedBy: { tenant: 'acme' },
  signal: new AbortController().signal,
});
const utterance = (transcript: TurnTranscript = TRANSCRIPT) => ({
  identity: IDENTITY,
  transcript,
  pcm: Buffer.alloc(320),
  reply: REPLY,
  usedBy: { tenant: 'acme' },
});

const IN_ORDER = ['recording kept', `turn 3 kept: ${text} ${JSON.stringify(STORED)}`, 'work published'];

describe('a turn that is taken', () => {
  it('is recorded while it is recognised; recording, turn and work are kept in this order', async () => {
    const { uploads, done, recorded } = services();
    const identity = await uploads.start(recording());
    expect(identity).toEqual({ tenant: 'acme', session: expect.any(String), turn: expect.any(String) });
    expect(identity.turn).toHaveLength(ulid().length);
    expect(Buffer.concat(recorded)).toHaveLength(16_000);
    expect(done).toEqual(['session made', ...IN_ORDER]);
  });

  it('is published before its recording is stored when it was spoken live', async () => {
    const { live, done, recorded } = services();
    const { recorded: stored } = await live.startFromUtterance(utterance());
    await stored;
    expect(Buffer.concat(recorded)).toHaveLength(320);
    expect(done).toEqual([
      `turn 3 kept: ${text} ${JSON.stringify(REFERENCE)}`,
      'work published',
      'utterance recorded',
    ]);
  });

  it('is answered without a recording where its learner has not allowed one, spoken live or as a file', async () => {
    const { live, uploads, done, recorded } = services({ mayRecord: false });
    await uploads.start(recording());
    await (
      await live.startFromUtterance(utterance())
    ).recorded;
    const kept = `turn 3 kept: ${text} undefined`;
    expect(done).toEqual(['session made', kept, 'work published', kept, 'work published']);
    expect(recorded).toEqual([]);
  });

  it('leaves no recording where recognition fails or gives no measures', async () => {
    const failing = services({ transcribe: () => Promise.reject(FAULT) });
    await expect(failing.uploads.start(recording())).rejects.toBe(FAULT);
    expect(failing.done).toEqual(['session made', 'recording discarded']);
    const { live, done } = services();
    const unmeasured = utterance({ ...TRANSCRIPT, measures: undefined });
    await expect(live.startFromUtterance(unmeasured)).rejects.toMatchObject({
      code: 'upstream.unavailable',
    });
    expect(done).toEqual([]);
  });

  it('uses the settings of its session where the request does not say', async () => {
    const { uploads, languages, published } = services();
    await uploads.start({ ...recording(), reply: {} });
    await uploads.start({
      ...recording(),
      options: { language: 'en' },
      reply: { ...REPLY, speed: 2 },
    });
    expect(languages).toEqual(['de', 'en']);
    expect(published).toMatchObject([
      { speak: false, voice: 'amy', speed: 0.8 },
      { speak: true, voice: 'joe', speed: 2 },
    ]);
  });

  it('is refused in a session that has ended, before anything is recognised', async () => {
    const { uploads, done, languages } = services();
    const late = { ...recording(), session: 'ended' };
    await expect(uploads.start(late)).rejects.toMatchObject({ code: 'session.ended' });
    expect([...done, ...languages]).toEqual([]);
  });

  it('is refused for a voice that there is not, before a session is made for it', async () => {
    const { uploads, done, languages } = services();
    const reply = { ...REPLY, voice: 'nobody' };
    await expect(uploads.start({ ...recording(), reply })).rejects.toMatchObject({ code: 'voice.not_found' });
    expect([...done, ...languages]).toEqual([]);
  });

  it('goes without measures where a remote recogniser answered, and says what fell back', async () => {
    const degraded = [
      { stage: 'recognition', from: 'inference', to: 'remote', reason: 'upstream.unavailable' },
    ] as const;
    const transcript = { text, language, words: [], degraded };
    const { uploads, published } = services({ transcribe: () => Promise.resolve(transcript) });
    await uploads.start(recording());
    expect(published[0]).toMatchObject({ text, degraded });
    expect(published[0]).not.toHaveProperty('measures');
  });

  it('is refused when it is longer than a turn may be', async () => {
    const { uploads, done } = services();
    await expect(uploads.start(recording(sound(2)))).rejects.toMatchObject({
      code: 'audio.too_long',
    });
    expect(done).toEqual(['session made', 'recording discarded']);
  });

  it('fails where nobody is told of it, so that later turns do not wait for it', async () => {
    const { live, done } = services({ publish: () => Promise.reject(FAULT) });
    await expect(live.startFromUtterance(utterance())).rejects.toBe(FAULT);
    expect(done).toEqual([
      `turn 3 kept: ${text} ${JSON.stringify(REFERENCE)}`,
      'turn failed in conversation',
    ]);
  });
});
