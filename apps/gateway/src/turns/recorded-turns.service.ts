import { Inject, Injectable } from '@nestjs/common';
import { ulid } from 'ulid';
import type { TurnIdentity } from '@parlance/contracts';
import { AppError } from '@parlance/errors';
import { withSpan } from '@parlance/telemetry';
import { turnLatency } from '@parlance/turns';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';
import { PCM_BYTES_PER_MS } from '../media/decoder.service.js';
import { LearnerPrivacy } from '../privacy/learner-privacy.service.js';
import type { QuotaSubject } from '../quotas/quota-subject.js';
import { RecognitionService, type RecordingOptions } from '../recognition/recognition.service.js';
import { VoiceSessions } from '../sessions/voice-sessions.service.js';
import { VoicesService } from '../synthesis/voices.service.js';
import { RecordingStore, type RecordingInProgress } from './recording-store.js';
import { measured, transcribedOf, type ReplyOptions } from './turn-transcript.js';
import { TurnService } from './turn.service.js';

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

/** Makes recordings turns: what is uploaded is recognised while it is recorded. */
@Injectable()
export class RecordedTurns {
  constructor(
    private readonly recognition: RecognitionService,
    private readonly recordings: RecordingStore,
    private readonly sessions: VoiceSessions,
    private readonly voices: VoicesService,
    private readonly privacy: LearnerPrivacy,
    private readonly turns: TurnService,
    @Inject(GATEWAY_CONFIG) private readonly config: Pick<GatewayConfig, 'turns'>,
  ) {}

  /** Recognises a recording and makes it a turn of its session; resolves when recording and turn are stored and published.
   *  @throws AppError voice.not_found, those of `VoiceSessions.enter`, of the recognition and of the stores */
  async start(recorded: RecordedTurn): Promise<TurnIdentity> {
    const { tenant, session, user, reply, signal } = recorded;
    // Where the request does not say, the session's settings do.
    if (reply.speak !== false) await this.voices.require(reply.voice ?? '', signal);
    const { id, settings } = await this.sessions.enter({ tenant, user }, session);
    const identity = { tenant, session: id, turn: ulid() };
    const end = turnLatency().startTimer({ stage: 'transcribe' });
    await withSpan('turn.take', { identity }, () =>
      this.record(identity, { ...recorded, language: recorded.options.language || settings.language }),
    );
    end();
    return identity;
  }

  /** Stores the recording, then the turn. */
  private async record(
    identity: TurnIdentity,
    { pcm, options, reply, usedBy, signal, language }: RecordedTurn & { readonly language: string },
  ): Promise<void> {
    const { maxSeconds, recognitionLimitMs: limitMs } = this.config.turns;
    const mayRecord = await this.privacy.allowsRecording(identity.tenant, identity.session);
    const recording = mayRecord ? this.recordings.begin(identity) : NO_RECORDING;
    try {
      const transcript = await this.recognition.transcribe({
        ...{ identity, signal, limitMs },
        pcm: recordedWhilePassed(pcm, recording, maxSeconds),
        options: { ...options, language, wordTimestamps: true },
      });
      const transcribed = measured(transcript);
      const stored = await recording.finish();
      await this.turns.publish(identity, transcribedOf(transcribed, stored), { reply, usedBy });
    } catch (error) {
      recording.discard();
      throw error;
    }
  }
}

/** Where nothing may be kept. */
const NO_RECORDING = {
  write: () => Promise.resolve(),
  finish: () => Promise.resolve(undefined),
  discard: () => undefined,
};

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
