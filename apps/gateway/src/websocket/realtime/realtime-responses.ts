import { ulid } from 'ulid';
import type { RealtimeEvent, SpeechReady, TurnEvent } from '@parlance/contracts';
import { AppError, isErrorCode } from '@parlance/errors';
import type { LiveConversation } from '../../live/live-conversation.js';
import { fieldFault } from '../../http/request-fields.js';
import { replyPcm } from '../../media/reply-pcm.js';
import type { SocketClient } from '../socket-conversation.js';
import type { ItemSequence } from './buffer-items.js';
import { replyOptions, type ResponseSettings } from './conversation-settings.js';
import { RealtimeResponse, type ResponseEnding } from './realtime-response.js';
import { eventId, knownFault } from './realtime-view.js';
import { deltasOf, encodedReply } from './reply-audio.js';
import type { Asked } from './waiting-items.js';

/** Responses whose items a client may still truncate. */
const MOST_KNOWN = 16;

export interface ResponsesOptions {
  /** Of the session. */
  readonly conversationId: string;
  readonly ffmpegPath: string;
  /** How long a response may take. */
  readonly answerMs: number;
  readonly sequence: ItemSequence;
  /** Fires when the client has left. */
  readonly left: AbortSignal;
  /** Called when a response is over. */
  readonly over: () => void;
}

/** The responses of a conversation, one at a time: each is the reply to a turn, told beside what is said meanwhile. */
export class RealtimeResponses {
  private active: RealtimeResponse | undefined;
  /** By their items, oldest first. */
  private readonly known = new Map<string, RealtimeResponse>();
  /** One event after the other. */
  private told: Promise<void> = Promise.resolve();
  private limit: NodeJS.Timeout | undefined;
  /** Resolves when audio may be sent again. */
  private hold: PromiseWithResolvers<void> | undefined;

  constructor(
    private readonly conversation: LiveConversation,
    private readonly client: SocketClient,
    private readonly options: ResponsesOptions,
  ) {}

  get isActive(): boolean {
    return this.active !== undefined;
  }

  /** Makes what is asked a turn, and tells of its reply. */
  start(asked: Asked, settings: ResponseSettings, metadata?: Readonly<Record<string, string>> | null): void {
    const { conversation, options } = this;
    const turn = ulid();
    const { sequence, conversationId, answerMs, left } = options;
    const response = new RealtimeResponse(turn, settings, sequence, conversationId, metadata ?? null);
    this.active = response;
    // A sound that paused a reply before has become what this one answers, or its client plays that reply no more.
    this.resume();
    // The last words of a client that has left are a turn, which nobody waits for.
    if (!left.aborted)
      this.limit = setTimeout(() => this.end(response, { status: 'failed', error: tooLate() }), answerMs);
    this.tell(() => this.sendAll([response.created()]));
    conversation.reply = replyOptions(settings);
    if ('utterance' in asked) return conversation.answer(asked.utterance, turn);
    conversation
      .say(asked.text, asked.language, turn)
      .catch((error: unknown) => this.end(response, { status: 'failed', error }));
  }

  /** Something of a turn. What belongs to no response under way is not told. */
  happened(event: TurnEvent): void {
    const response = this.active;
    if (response?.turn === event.data.identity.turn) this.tell(() => this.tellEvent(response, event));
  }

  /** An utterance did not become a turn. */
  fail(turn: string | undefined, error: unknown): void {
    const response = this.active;
    if (response && response.turn === turn) this.end(response, { status: 'failed', error });
  }

  /** Somebody makes a sound: no more audio is sent until it is known what it was. */
  pause(): void {
    this.hold ??= Promise.withResolvers();
  }

  /** It was nothing. */
  resume(): void {
    this.hold?.resolve();
    this.hold = undefined;
  }

  /** The reply is being spoken no more: somebody spoke. */
  interrupted(turn: string): void {
    const response = this.active;
    if (response?.turn === turn) this.end(response, { status: 'cancelled', reason: 'turn_detected' });
    // Else its audio was all sent, and the client was still playing it.
    else this.resume();
  }

  /** Nothing more of the response is told. @param id  where the client names one
   *  @throws AppError request.conflict where there is none */
  async cancel(reason: 'turn_detected' | 'client_cancelled', id?: string): Promise<void> {
    const response = this.active;
    if (!response || (id !== undefined && id !== response.id))
      // LiveKit's agents know it by the beginning of its text.
      throw knownFault('response_cancel_not_active', 'Cancellation failed: no such response is under way.');
    this.end(response, { status: 'cancelled', reason });
    await this.conversation.cut(response.turn);
  }

  /** The client has played so much of a reply, and plays no more of it. @throws AppError request.invalid */
  async truncate(itemId: string, ms: number): Promise<void> {
    const response = this.named(itemId);
    // Clients round.
    if (ms > Math.ceil(response.audioMs))
      throw fieldFault('audio_end_ms', `the reply has ${Math.floor(response.audioMs)} ms of audio`);
    await this.cut(response, response.textWithin(ms));
    this.tell(() =>
      this.sendAll([
        {
          type: 'conversation.item.truncated',
          event_id: eventId(),
          item_id: itemId,
          content_index: 0,
          audio_end_ms: ms,
        },
      ]),
    );
  }

  /** None of a reply was played. @throws AppError request.invalid */
  async delete(itemId: string): Promise<void> {
    await this.cut(this.named(itemId), '');
    this.tell(() =>
      this.sendAll([{ type: 'conversation.item.deleted', event_id: eventId(), item_id: itemId }]),
    );
  }

  /** Resolves when all that happened so far is told. */
  flush(): Promise<void> {
    return this.told;
  }

  /** The client has left: nothing more is told. */
  close(): void {
    clearTimeout(this.limit);
    this.active?.silence();
  }

  private named(itemId: string): RealtimeResponse {
    const response = this.active?.itemId === itemId ? this.active : this.known.get(itemId);
    if (!response) throw fieldFault('item_id', 'there is no such reply, or no more of it is known');
    return response;
  }

  /** @param played  the part of its text that was played */
  private async cut(response: RealtimeResponse, played: string): Promise<void> {
    const wasActive = response === this.active;
    if (wasActive) this.end(response, { status: 'cancelled', reason: 'client_cancelled' });
    if (wasActive || played !== response.text) await this.conversation.cut(response.turn, played);
  }

  private async tellEvent(response: RealtimeResponse, event: TurnEvent): Promise<void> {
    if (response.stopped.aborted) return;
    if (event.name === 'speech.ready' && response.settings.speaks) await this.sendAudio(response, event.data);
    if (response.stopped.aborted) return;
    await this.sendAll(response.happened(event));
    if (event.name === 'turn.failed') {
      const { code, message } = event.data.error;
      const error = new AppError(isErrorCode(code) ? code : 'internal.unexpected', message);
      this.end(response, { status: 'failed', error });
    } else if (response.isComplete) this.end(response, { status: 'completed' });
  }

  private async sendAudio(response: RealtimeResponse, { index, audio }: SpeechReady): Promise<void> {
    const { ffmpegPath, left } = this.options;
    const { format } = response.settings;
    const stop = AbortSignal.any([response.stopped, left]);
    try {
      const stored = await this.conversation.audioOf(audio.key);
      if (!stored)
        throw new AppError('recording.not_found', 'The speech of a sentence is not stored any more.');
      const encoded = encodedReply(await replyPcm(ffmpegPath, stored, stop), format);
      if (stop.aborted) return;
      await this.sendAll(response.sounded(index, encoded));
      for (const delta of deltasOf(encoded, format)) {
        await this.mayGoOn(stop);
        if (stop.aborted) return;
        await this.client.send(response.audio(delta));
      }
    } catch (error) {
      if (!stop.aborted) await this.client.report(error);
    }
  }

  private async mayGoOn(stop: AbortSignal): Promise<void> {
    const { hold } = this;
    if (!hold || stop.aborted) return;
    const { promise: stopped, resolve } = Promise.withResolvers<void>();
    stop.addEventListener('abort', () => resolve(), { once: true });
    await Promise.race([hold.promise, stopped]);
  }

  private end(response: RealtimeResponse, ending: ResponseEnding): void {
    if (this.active !== response) return;
    this.active = undefined;
    this.resume();
    clearTimeout(this.limit);
    response.silence();
    this.known.set(response.itemId, response);
    if (this.known.size > MOST_KNOWN) this.known.delete(this.known.keys().next().value!);
    this.tell(() => this.sendAll(response.ended(ending)));
    this.options.over();
  }

  private tell(step: () => Promise<void>): void {
    this.told = this.told.then(step).catch((error: unknown) => this.client.fail(error));
  }

  private async sendAll(events: readonly RealtimeEvent[]): Promise<void> {
    for (const event of events) await this.client.send(event);
  }
}

function tooLate(): AppError {
  return new AppError('request.deadline_exceeded', 'The response was not there in time.');
}
