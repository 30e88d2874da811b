import { Inject, Injectable } from '@nestjs/common';
import { ulid } from 'ulid';
import type {
  Degradation,
  Principal,
  RecordingReference,
  TurnEvent,
  TurnIdentity,
  TurnTranscribed,
} from '@parlance/contracts';
import { AppError, toAppError } from '@parlance/errors';
import { MessageBus } from '@parlance/messaging';
import {
  MOST_TURNS,
  sessionEnded,
  sessionFull,
  SessionRepository,
  TurnRepository,
  type SessionRecord,
  type TurnRecord,
} from '@parlance/persistence';
import { withSpan } from '@parlance/telemetry';
import { turnLatency } from '@parlance/turns';
import { ActivityReports } from '../analytics/activity-reports.service.js';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';
import type { QuotaSubject } from '../quotas/quota-subject.js';
import { Quotas } from '../quotas/quotas.service.js';
import { PCM_BYTES_PER_MS } from '../media/decoder.service.js';
import { RecognitionService, type RecordingOptions } from '../recognition/recognition.service.js';
import { LearnerPrivacy } from '../privacy/learner-privacy.service.js';
import { RecordingStore, type RecordingInProgress } from './recording-store.js';
import { turnStatus } from './turn-view.js';
import { UtteranceRecordings } from './utterance-recordings.service.js';

/** What recognition made of a turn. Measures and scores are missing only where a remote recogniser answered. */
export interface TurnTranscript extends Pick<TurnTranscribed, 'text' | 'language'> {
  readonly words: readonly TurnTranscribed['words'][number][];
  readonly measures?: TurnTranscribed['measures'] | null | undefined;
  readonly scores?: TurnTranscribed['scores'] | null | undefined;
  /** What recognition fell back to; empty or absent where it did not. */
  readonly degraded?: readonly Degradation[];
}
/** Whether the reply is spoken, by whom, and how fast. What a request does not say is as the session's settings have it. */
export type ReplyOptions = Partial<Pick<TurnTranscribed, 'speak' | 'voice' | 'speed'>>;

export interface RecordedTurn {
  readonly tenant: string;
  /** Undefined: a new session. */
  readonly session: string | undefined;
  /** Whose turn it is, where the caller is a user: another user's session is not theirs to speak in. */
  readonly user?: string | undefined;
  /** 16 kHz mono s16le. */
  readonly pcm: AsyncIterable<Buffer>;
  readonly options: RecordingOptions;
  readonly reply: ReplyOptions;
  readonly usedBy: QuotaSubject;
  readonly signal: AbortSignal;
}

/** An utterance of a live session. */
export interface UtteranceTurn {
  readonly identity: TurnIdentity;
  readonly transcript: TurnTranscript;
  /** 16 kHz mono s16le. */
  readonly pcm: Buffer;
  readonly reply: ReplyOptions;
  readonly usedBy: QuotaSubject;
}

/** What a person typed, or the client's own recogniser wrote. */
export interface TextTurn {
  readonly identity: TurnIdentity;
  readonly text: string;
  /** Empty: the session's. */
  readonly language: string;
  /** Where the client's recogniser tells them. */
  readonly words?: TurnTranscribed['words'];
  readonly reply: ReplyOptions;
  readonly usedBy: QuotaSubject;
}

/** Starts turns: recognises them, stores them, publishes them to the conversation service, and waits for the answer. */
@Injectable()
export class TurnService {
  constructor(
    private readonly recognition: RecognitionService,
    private readonly recordings: RecordingStore,
    private readonly utterances: UtteranceRecordings,
    private readonly sessions: SessionRepository,
    private readonly turns: TurnRepository,
    private readonly bus: MessageBus,
    private readonly privacy: LearnerPrivacy,
    private readonly activity: ActivityReports,
    private readonly quotas: Quotas,
    @Inject(GATEWAY_CONFIG) private readonly config: Pick<GatewayConfig, 'turns'>,
  ) {}

  /** As `enterSession`. @returns the session's id */
  async openSession(tenant: string, session: string | undefined, user?: string): Promise<string> {
    return (await this.enterSession({ tenant, user }, session)).id;
  }

  /** The session asked for, or a new one of the caller, to take turns in. @throws AppError session.not_found, session.ended,
   *  session.full, learner.erased */
  async enterSession(caller: Principal, session: string | undefined): Promise<SessionRecord> {
    if (session === undefined) {
      await this.privacy.refuseErased(caller);
      return this.sessions.create(caller.tenant, ulid(), { user: caller.user });
    }
    const found = await this.sessions.getFor(caller, session);
    if (found.status === 'ended') throw sessionEnded();
    if (found.lastSequence >= MOST_TURNS) throw sessionFull();
    return found;
  }

  /** Recognises a recording and makes it a turn of its session; resolves when recording and turn are stored and published. */
  async startFromRecording({
    tenant,
    session,
    user,
    pcm,
    options,
    reply,
    usedBy,
    signal,
  }: RecordedTurn): Promise<TurnIdentity> {
    const { id, settings } = await this.enterSession({ tenant, user }, session);
    const identity = { tenant, session: id, turn: ulid() };
    const end = turnLatency().startTimer({ stage: 'transcribe' });
    await this.startRecorded(identity, { reply, usedBy }, async (stored) => {
      const recorded = recordedWhilePassed(pcm, stored, this.config.turns.maxSeconds);
      const { recognitionLimitMs: limitMs } = this.config.turns;
      const language = options.language || settings.language;
      const recording = { pcm: recorded, options: { ...options, language, wordTimestamps: true } };
      return this.recognition.transcribe({ ...recording, identity, signal, limitMs });
    });
    end();
    return identity;
  }

  /** Makes a live utterance a turn of its session; resolves when the turn is stored and published. Nobody waits for its recording to
   *  be answered: that is stored behind it.
   *  @throws AppError quota.tokens_exceeded, quota.storage_exceeded
   *  @returns `recorded`, which resolves when the recording is stored, or known not to be; it never rejects */
  async startFromUtterance({ identity, transcript, pcm, ...how }: UtteranceTurn): Promise<{
    readonly recorded: Promise<void>;
  }> {
    await this.quotas.require(how.usedBy, ['tokens', 'storage']);
    const mayRecord = await this.privacy.allowsRecording(identity.tenant, identity.session);
    const recording = mayRecord ? this.recordings.referenceTo(identity) : undefined;
    await withSpan('turn.take', { identity }, () =>
      this.publish(identity, transcribedOf(measured(transcript), recording), how),
    );
    return { recorded: mayRecord ? this.utterances.keep(identity, pcm) : Promise.resolve() };
  }

  /** Makes a text a turn of its session, without measures and recording; resolves when the turn is stored and published.
   *  @throws AppError session.not_found, session.ended, session.full, quota.tokens_exceeded */
  async startFromText({ identity, text, language, words = [], ...how }: TextTurn): Promise<void> {
    await this.quotas.require(how.usedBy, ['tokens']);
    await withSpan('turn.take', { identity }, () => this.publish(identity, { text, language, words }, how));
  }

  /** Stores the recording, then the turn. @param transcribe writes the recording and returns its transcript */
  private async startRecorded(
    identity: TurnIdentity,
    how: TurnManner,
    transcribe: (recording: Pick<RecordingInProgress, 'write'>) => Promise<TurnTranscript>,
  ): Promise<void> {
    await withSpan('turn.take', { identity }, async () => {
      const mayRecord = await this.privacy.allowsRecording(identity.tenant, identity.session);
      const recording = mayRecord ? this.recordings.begin(identity) : NO_RECORDING;
      try {
        const transcript = measured(await transcribe(recording));
        const stored = await recording.finish();
        await this.publish(identity, transcribedOf(transcript, stored), how);
      } catch (error) {
        recording.discard();
        throw error;
      }
    });
  }

  /** Numbers a transcribed turn in its session, stores it and publishes it to be answered: in this order, so that what was
   *  acknowledged is never lost and never answered twice. */
  private async publish(
    identity: TurnIdentity,
    transcribed: Transcribed,
    { reply, usedBy: { key, user } }: TurnManner,
  ): Promise<void> {
    const { sequence, session } = await this.sessions.nextTurn(identity.tenant, identity.session);
    const { ttsEnabled, voice, speed } = session.settings;
    const usedBy = { key, user: user ?? session.user };
    const message: TurnTranscribed = {
      identity,
      sequence,
      ...transcribed,
      language: transcribed.language || session.settings.language,
      speak: reply.speak ?? ttsEnabled,
      voice: reply.voice || voice,
      speed: reply.speed ?? speed,
      usedBy,
      occurredAt: new Date().toISOString(),
    };
    await this.turns.createTranscribed(message);
    try {
      await this.bus.publishWork('turnTranscribed', message);
      this.activity.turn(message, session.user);
    } catch (error) {
      // Nobody will answer it: later turns of the session must not wait for it.
      const { code, message: text, retryable } = toAppError(error);
      await this.turns
        .fail(identity, { stage: 'conversation', error: { code, message: text, retryable } })
        .catch(() => undefined);
      throw error;
    }
    this.quotas.count({ tenant: identity.tenant, ...usedBy }, { turns: 1 });
  }

  /** Keeps what was played of a reply that was interrupted. */
  async recordInterruption(identity: TurnIdentity, played: string): Promise<void> {
    await this.turns.recordInterruption(identity, played);
  }

  /** @throws AppError turn.not_found */
  async get(tenant: string, turn: string): Promise<TurnRecord> {
    const found = await this.turns.findById(tenant, turn);
    if (!found) throw turnNotFound();
    return found;
  }

  /** A turn of a session that the caller may see. @throws AppError turn.not_found */
  async getFor(caller: Principal, turn: string): Promise<TurnRecord> {
    const found = await this.get(caller.tenant, turn);
    if (caller.user === undefined) return found;
    const session = await this.sessions.get(caller.tenant, found.session);
    if (session.user !== caller.user) throw turnNotFound();
    return found;
  }

  /** @throws AppError session.not_found */
  async list(tenant: string, session: string, after: number, user?: string): Promise<TurnRecord[]> {
    await this.sessions.getFor({ tenant, user }, session);
    return this.turns.list(tenant, session, { after });
  }

  /**
   * Waits until a turn is complete or has failed, on whichever replica its events arise.
   * @returns the turn as it then stands; still answering when `timeoutMs` have passed
   */
  async waitForEnd(identity: TurnIdentity, timeoutMs: number, signal: AbortSignal): Promise<TurnRecord> {
    const end = turnLatency().startTimer({ stage: 'answer' });
    const watch = await this.bus.watchSession(identity.session);
    const leave = (): void => void watch.close();
    const timer = setTimeout(leave, timeoutMs);
    signal.addEventListener('abort', leave, { once: true });
    try {
      // Events since the turn began are replayed, so none falls between the look and the watch.
      for await (const { event } of watch) {
        if (event.data.identity.turn !== identity.turn || !mayEndTurn(event)) continue;
        const turn = await this.turns.get(identity);
        if (turnStatus(turn) === 'answering') continue;
        end();
        return turn;
      }
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', leave);
      await watch.close();
    }
    return this.turns.get(identity);
  }
}

/** Where nothing may be kept. */
const NO_RECORDING = {
  write: () => Promise.resolve(),
  finish: () => Promise.resolve(undefined),
  discard: () => undefined,
};

/** How a turn is answered, and whom it is counted for. */
type TurnManner = Pick<RecordedTurn, 'reply' | 'usedBy'>;

/** What a turn's message has from recognition and the recording. */
type Transcribed = Omit<
  TurnTranscribed,
  'identity' | 'sequence' | 'occurredAt' | 'usedBy' | keyof ReplyOptions
>;

/** @throws AppError upstream.unavailable where our own recogniser measured nothing */
function measured(transcript: TurnTranscript): TurnTranscript {
  const { measures, scores, degraded = [] } = transcript;
  if (degraded.length === 0 && (!measures || !scores))
    throw new AppError('upstream.unavailable', 'Recognition gave no measures of the recording.');
  return transcript;
}

function transcribedOf(
  { text, language, words, measures, scores, degraded = [] }: TurnTranscript,
  recording: RecordingReference | undefined,
): Transcribed {
  return {
    ...{ text, language, words: [...words] },
    ...(recording ? { recording } : {}),
    ...(measures && scores ? { measures, scores } : {}),
    ...(degraded.length > 0 ? { degraded: [...degraded] } : {}),
  };
}

function turnNotFound(): AppError {
  return new AppError('turn.not_found', 'There is no such turn.');
}

/** A sentence leaves a turn open, and its feedback comes when it is closed. */
function mayEndTurn({ name }: TurnEvent): boolean {
  return name !== 'reply.sentence' && name !== 'turn.feedback';
}

/** Passes audio on while it is recorded. @throws AppError audio.too_long */
async function* recordedWhilePassed(
  pcm: AsyncIterable<Buffer>,
  recording: Pick<RecordingInProgress, 'write'>,
  maxSeconds: number,
): AsyncGenerator<Buffer> {
  let bytes = 0;
  for await (const chunk of pcm) {
    bytes += chunk.length;
    if (bytes > maxSeconds * 1000 * PCM_BYTES_PER_MS)
      throw new AppError('audio.too_long', `A turn may last ${maxSeconds} seconds.`);
    await recording.write(chunk);
    yield chunk;
  }
}
