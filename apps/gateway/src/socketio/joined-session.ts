import { setTimeout as sleep } from 'node:timers/promises';
import type { SessionSettings } from '@parlance/contracts';
import { toAppError } from '@parlance/errors';
import type { SessionRecord } from '@parlance/persistence';
import type { Logger } from '@parlance/telemetry';
import type { ConversationEvent, LiveConversation } from '../live/live-conversation.js';
import type { StoredTurns } from '../turns/stored-turns.service.js';
import { isRecognitionDown } from './browser-recognition.js';
import { ReplyReporter } from './reply-reporter.js';
import { SessionChannel, type SessionSocket } from './session-channel.js';
import { SessionRecording, type VoiceRecordingOptions } from './session-recording.js';
import { transcribedEvent } from './voice-view.js';

/** How long an event waits that cannot be told just now, and between two tries, milliseconds. */
const TELL_LIMIT_MS = 10_000;
const TELL_AGAIN_MS = 200;

/** A session that a client has joined: recordings and texts in, what is understood and answered out. */
export class JoinedSession {
  readonly id: string;
  readonly recording: SessionRecording;
  private readonly settings: SessionSettings;
  private readonly channel: SessionChannel;
  private readonly replies: ReplyReporter;
  private isClosed = false;

  constructor(
    socket: SessionSocket,
    private readonly conversation: LiveConversation,
    turns: Pick<StoredTurns, 'get'>,
    session: SessionRecord,
    options: VoiceRecordingOptions,
    private readonly logger: Logger,
  ) {
    this.id = session.id;
    this.settings = { ...session.settings };
    this.channel = new SessionChannel(session.id, socket);
    this.recording = new SessionRecording(this.channel, conversation, this.settings, options);
    const { client, requestId } = socket;
    this.replies = new ReplyReporter(client, conversation, turns, requestId, this.settings);
  }

  /** Whether the client is taken to be playing a reply. */
  get isSpeaking(): boolean {
    return this.conversation.isSpeaking;
  }

  /** The session's events behind this sequence are told. */
  get after(): number {
    return this.conversation.after;
  }

  /** As they are stored now. */
  apply(settings: SessionSettings): void {
    Object.assign(this.settings, settings);
  }

  /** Tells the client all that happens until closed. @throws AppError upstream.unavailable where it can no longer be followed */
  async follow(): Promise<void> {
    for await (const event of this.conversation) {
      try {
        if (event.kind === 'event') await this.tellSurely(event);
        else await this.tell(event);
      } catch (error) {
        if (event.kind === 'event' && toAppError(error).retryable && !this.isClosed) throw error;
        this.channel.report(error);
      }
    }
  }

  /** Makes a text a turn, and ends a reply that is being played. @returns the turn's id
   *  @throws AppError session.ended, store.unavailable, upstream.unavailable */
  async say(text: string, language: string): Promise<string> {
    await this.conversation.interrupt();
    const { turn } = await this.conversation.say(text, language);
    await this.channel.share('voice:processing', {
      sessionId: this.id,
      status: 'thinking',
      messageId: turn,
    });
    return turn;
  }

  /** The client has played all it got. */
  async played(messageId: string | undefined): Promise<void> {
    this.conversation.played();
    await this.channel.send('voice:ready', { sessionId: this.id, ...(messageId && { messageId }) });
  }

  /** Resolves when all that was said is stored as turns, and nothing is held any more. Never throws. */
  async close(): Promise<void> {
    if (this.isClosed) return;
    this.isClosed = true;
    await this.recording.endQuietly();
    await this.conversation
      .close()
      .catch((err: unknown) => this.logger.error({ err }, 'a conversation did not close'));
  }

  /** Each event of the session comes once: while a store that it needs is away, it waits, and those behind it.
   *  @throws AppError store.unavailable when it stays away: the client then joins again where it left off */
  private async tellSurely(event: ConversationEvent): Promise<void> {
    const end = performance.now() + TELL_LIMIT_MS;
    for (;;) {
      try {
        return await this.tell(event);
      } catch (error) {
        const isWorthwhile = toAppError(error).retryable && !this.isClosed && performance.now() < end;
        if (!isWorthwhile) throw error;
        await sleep(TELL_AGAIN_MS);
      }
    }
  }

  private async tell(event: ConversationEvent): Promise<void> {
    const sessionId = this.id;
    switch (event.kind) {
      case 'speech': {
        const { result } = event.event;
        if (!result) return;
        return this.channel.share('voice:transcribed', transcribedEvent(sessionId, result), !result.isFinal);
      }
      case 'taken': {
        const { turn: messageId } = event.taken.identity;
        return this.channel.share('voice:processing', { sessionId, status: 'thinking', messageId });
      }
      case 'assessed': {
        const { identity, utteranceId, assessment } = event;
        const about = { sessionId, messageId: identity.turn, utteranceId };
        return this.channel.share('voice:assessed', { ...about, assessment });
      }
      case 'event':
        return this.replies.report(event.arrived);
      case 'paused':
      case 'resumed':
        return this.channel.share(`voice:playback-${event.kind}`, { sessionId, messageId: event.turn });
      case 'interrupted': {
        const { turn: messageId, text: played } = event.reply;
        this.replies.drop(messageId);
        // Every conversation of the session is told, and tells its own client.
        return this.channel.send('voice:interrupted', { sessionId, messageId, played });
      }
      case 'fault':
        return this.tellFault(event.error, 'isOfSpeech' in event);
      case 'utterance':
        return;
      case 'speech-ended':
        // Where the client has ended it, it was told.
        return this.recording.tellStopped();
    }
  }

  /** Recognition that fails in the middle goes on in the browser, where the session lets it. */
  private async tellFault(error: unknown, isOfSpeech: boolean): Promise<void> {
    if (isOfSpeech && this.settings.sttMode === 'auto' && isRecognitionDown(error))
      await this.channel.askForBrowser([error]);
    else this.channel.report(error);
  }
}
