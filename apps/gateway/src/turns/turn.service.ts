import { Injectable } from '@nestjs/common';
import type { AssessmentJson, TurnIdentity, TurnTranscribed } from '@parlance/contracts';
import { toAppError } from '@parlance/errors';
import { MessageBus } from '@parlance/messaging';
import { SessionRepository, TurnRepository } from '@parlance/persistence';
import { traceWords, withSpan } from '@parlance/telemetry';
import { ActivityReports } from '../analytics/activity-reports.service.js';
import { LearnerPrivacy } from '../privacy/learner-privacy.service.js';
import type { QuotaSubject } from '../quotas/quota-subject.js';
import { Quotas } from '../quotas/quotas.service.js';
import { recordingReference } from './recording-store.js';
import {
  measured,
  transcribedOf,
  type ReplyOptions,
  type Transcribed,
  type TurnTranscript,
} from './turn-transcript.js';
import { UtteranceRecordings } from './utterance-recordings.service.js';

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

/** How a turn is answered, and whom it is counted for. */
export type TurnManner = Pick<UtteranceTurn, 'reply' | 'usedBy'>;

/** Makes what was said or written turns of its session: stores them, and publishes them to the conversation service. */
@Injectable()
export class TurnService {
  constructor(
    private readonly utterances: UtteranceRecordings,
    private readonly sessions: SessionRepository,
    private readonly turns: TurnRepository,
    private readonly bus: MessageBus,
    private readonly privacy: LearnerPrivacy,
    private readonly activity: ActivityReports,
    private readonly quotas: Quotas,
  ) {}

  /** Makes a live utterance a turn of its session; resolves when the turn is stored and published. Nobody waits for its recording to
   *  be answered: that is stored behind it.
   *  @throws AppError quota.tokens_exceeded, quota.storage_exceeded
   *  @returns `recorded`, which resolves when the recording is stored, or known not to be; it never rejects */
  async startFromUtterance({ identity, transcript, pcm, ...how }: UtteranceTurn): Promise<{
    readonly recorded: Promise<void>;
  }> {
    await this.quotas.require(how.usedBy, ['tokens', 'storage']);
    const mayRecord = await this.privacy.allowsRecording(identity.tenant, identity.session);
    const recording = mayRecord ? recordingReference(identity) : undefined;
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

  /** Numbers a transcribed turn in its session, stores it and publishes it to be answered: in this order, so that what was
   *  acknowledged is never lost and never answered twice. */
  async publish(
    identity: TurnIdentity,
    transcribed: Transcribed,
    { reply, usedBy: { key, user } }: TurnManner,
  ): Promise<void> {
    traceWords(identity.tenant, { 'parlance.turn.text': transcribed.text });
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
      ...(reply.instructions === undefined ? {} : { instructions: reply.instructions }),
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

  /** Keeps how a turn was spoken. @throws AppError store.unavailable */
  async recordAssessment(identity: TurnIdentity, assessment: AssessmentJson): Promise<void> {
    await this.turns.recordAssessment(identity, assessment);
  }

  /** Keeps what was played of a reply that was interrupted. @param isExact  the client itself says so */
  async recordInterruption(identity: TurnIdentity, played: string, isExact = false): Promise<void> {
    await this.turns.recordInterruption(identity, played, isExact);
  }
}
