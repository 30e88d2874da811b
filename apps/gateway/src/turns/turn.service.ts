import { Inject, Injectable } from '@nestjs/common';
import { ulid } from 'ulid';
import { ulidSchema, type TurnIdentity, type TurnTranscribed } from '@parlance/contracts';
import { AppError, toAppError } from '@parlance/errors';
import { MessageBus } from '@parlance/messaging';
import { SessionRepository, TurnRepository, type TurnRecord } from '@parlance/persistence';
import { withSpan } from '@parlance/telemetry';
import { turnLatency } from '@parlance/turns';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';
import { PCM_BYTES_PER_MS } from '../media/decoder.service.js';
import { RecognitionService, type RecordingOptions } from '../recognition/recognition.service.js';
import { RecordingStore, type RecordingInProgress } from './recording-store.js';
import { turnStatus } from './turn-view.js';

/** What recognition made of a turn. Without measures and scores there is no turn. */
export interface TurnTranscript extends Pick<TurnTranscribed, 'text' | 'language'> {
  readonly words: readonly TurnTranscribed['words'][number][];
  readonly measures?: TurnTranscribed['measures'] | null | undefined;
  readonly scores?: TurnTranscribed['scores'] | null | undefined;
}
export type ReplyOptions = Pick<TurnTranscribed, 'speak' | 'voice'>;

export interface RecordedTurn {
  readonly tenant: string;
  /** Undefined: a new session. */
  readonly session: string | undefined;
  /** 16 kHz mono s16le. */
  readonly pcm: AsyncIterable<Buffer>;
  readonly options: RecordingOptions;
  readonly reply: ReplyOptions;
  readonly signal: AbortSignal;
}

/** An utterance of a live session. */
export interface UtteranceTurn {
  readonly identity: TurnIdentity;
  readonly transcript: TurnTranscript;
  /** 16 kHz mono s16le. */
  readonly pcm: Buffer;
  readonly reply: ReplyOptions;
}

/** Starts turns: recognises them, stores them, publishes them to the conversation service, and waits for the answer. */
@Injectable()
export class TurnService {
  constructor(
    private readonly recognition: RecognitionService,
    private readonly recordings: RecordingStore,
    private readonly sessions: SessionRepository,
    private readonly turns: TurnRepository,
    private readonly bus: MessageBus,
    @Inject(GATEWAY_CONFIG) private readonly config: Pick<GatewayConfig, 'turns'>,
  ) {}

  /** The session asked for, or a new one. @throws AppError session.not_found */
  async openSession(tenant: string, session: string | undefined): Promise<string> {
    if (session === undefined) return (await this.sessions.create(tenant, ulid())).id;
    if (!ulidSchema.safeParse(session).success)
      throw new AppError('session.not_found', 'There is no such session.');
    return (await this.sessions.get(tenant, session)).id;
  }

  /** Recognises a recording and makes it a turn of its session; resolves when recording and turn are stored and published. */
  async startFromRecording({
    tenant,
    session,
    pcm,
    options,
    reply,
    signal,
  }: RecordedTurn): Promise<TurnIdentity> {
    const identity = { tenant, session: await this.openSession(tenant, session), turn: ulid() };
    const end = turnLatency().startTimer({ stage: 'transcribe' });
    await this.start(identity, reply, async (recording) => {
      const recorded = recordedWhilePassed(pcm, recording, this.config.turns.maxSeconds);
      const request = { pcm: recorded, options: { ...options, wordTimestamps: true }, identity, signal };
      return this.recognition.transcribe(request);
    });
    end();
    return identity;
  }

  /** Makes a live utterance a turn of its session; resolves when recording and turn are stored and published. */
  async startFromUtterance({ identity, transcript, pcm, reply }: UtteranceTurn): Promise<void> {
    await this.start(identity, reply, async (recording) => {
      await recording.write(pcm);
      return transcript;
    });
  }

  /** Stores the recording, then the turn. @param transcribe writes the recording and returns its transcript */
  private async start(
    identity: TurnIdentity,
    reply: ReplyOptions,
    transcribe: (recording: RecordingInProgress) => Promise<TurnTranscript>,
  ): Promise<void> {
    await withSpan('turn.take', { identity }, async () => {
      const recording = this.recordings.begin(identity);
      try {
        const { text, language, words, measures, scores } = await transcribe(recording);
        if (!measures || !scores)
          throw new AppError('upstream.unavailable', 'Recognition gave no measures of the recording.');
        const stored = await recording.finish();
        const transcribed = { text, language, words: [...words], measures, scores, recording: stored };
        await this.publish(identity, transcribed, reply);
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
    transcribed: Omit<TurnTranscribed, 'identity' | 'sequence' | 'occurredAt' | keyof ReplyOptions>,
    reply: ReplyOptions,
  ): Promise<void> {
    const sequence = await this.sessions.nextTurnSequence(identity.tenant, identity.session);
    const message: TurnTranscribed = {
      identity,
      sequence,
      ...transcribed,
      ...reply,
      occurredAt: new Date().toISOString(),
    };
    await this.turns.createTranscribed(message);
    try {
      await this.bus.publishWork('turnTranscribed', message);
    } catch (error) {
      // Nobody will answer it: later turns of the session must not wait for it.
      const { code, message: text, retryable } = toAppError(error);
      await this.turns
        .fail(identity, { stage: 'conversation', error: { code, message: text, retryable } })
        .catch(() => undefined);
      throw error;
    }
  }

  /** @throws AppError turn.not_found */
  async get(tenant: string, turn: string): Promise<TurnRecord> {
    const found = await this.turns.findById(tenant, turn);
    if (!found) throw new AppError('turn.not_found', 'There is no such turn.');
    return found;
  }

  /** @throws AppError session.not_found */
  async list(tenant: string, session: string, after: number): Promise<TurnRecord[]> {
    await this.openSession(tenant, session);
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
        if (event.data.identity.turn !== identity.turn || event.name === 'reply.sentence') continue;
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

/** Passes audio on while it is recorded. @throws AppError audio.too_long */
async function* recordedWhilePassed(
  pcm: AsyncIterable<Buffer>,
  recording: RecordingInProgress,
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
