import type { ServerDuplexStream } from '@grpc/grpc-js';
import type { ConverseControl__Output, ConverseRequest__Output, ConverseResponse } from '@parlance/contracts';
import { AppError, clientGone } from '@parlance/errors';
import type { SessionEvent } from '@parlance/messaging';
import { atMost, whenWritable } from '@parlance/resilience';
import { onCancelled } from '@parlance/rpc';
import { draining, type OpenCall } from '../../drain/open-calls.service.js';
import { FeedbackLedger } from '../../live/feedback-ledger.js';
import type { ConversationEvent, LiveConversation } from '../../live/live-conversation.js';
import type { LiveConversations } from '../../live/live-conversations.service.js';
import { REPLY_RATE_HZ, replyPcm } from '../../media/reply-pcm.js';
import type { QuotaSubject } from '../../quotas/quota-subject.js';
import type { OpenAiModelAlias } from '../../recognition/openai-models.config.js';
import type { VoiceSessions } from '../../sessions/voice-sessions.service.js';
import type { VoicesService } from '../../synthesis/voices.service.js';
import { CallMessages } from './call-messages.js';
import { readConverseConfig, type ConverseRequestConfig } from './converse-config.js';
import { eventResponse, playbackResponse, recognitionResponse, takenResponse } from './converse-view.js';

export type ConverseCall = ServerDuplexStream<ConverseRequest__Output, ConverseResponse>;

/** Longest wait for the list of voices. */
const VOICE_CHECK_MS = 5_000;
/** Feedback is written behind the reply; a call that ends waits for the last ones so long. */
const FEEDBACK_LIMIT_MS = 8_000;
/** For the last words of a client that has left to become a turn. */
const LAST_WORDS_MS = 10_000;
const PCM_TYPE = `audio/pcm; rate=${REPLY_RATE_HZ}; channels=1`;

export interface ConverseServices {
  readonly conversations: LiveConversations;
  readonly sessions: VoiceSessions;
  readonly voices: VoicesService;
}

export interface ConverseOptions {
  readonly caller: QuotaSubject;
  readonly ffmpegPath: string;
  /** What OpenAI's names of models stand for. */
  readonly models: readonly OpenAiModelAlias[];
  /** Longest silence of the client. */
  readonly idleMs: number;
  /** How long a client that has half-closed waits for answers. */
  readonly answerMs: number;
}

/** One Converse call: what its client says to a conversation, and what happens in that back to the client. */
export class ConverseStream implements OpenCall {
  /** Fires when the call ends before its conversation has; its reason is the error the client gets. */
  private readonly leave = new AbortController();
  private readonly messages: CallMessages<ConverseRequest__Output>;
  private readonly feedback = new FeedbackLedger();
  /** Spoken sentences are fetched and sent beside what is told at once, in their own order. */
  private replies: Promise<void> = Promise.resolve();
  private isDraining = false;
  private conversation: LiveConversation | undefined;
  private left: Promise<void> | undefined;

  constructor(
    private readonly call: ConverseCall,
    private readonly services: ConverseServices,
    private readonly options: ConverseOptions,
  ) {
    this.messages = new CallMessages(call, options.idleMs, this.leave.signal);
    onCancelled(call, () => this.stop(clientGone()));
  }

  /** Resolves when the client has said all and got its answers.
   *  @throws AppError stream.config_missing, stream.idle_timeout, service.draining, and what the conversation refuses */
  async run(): Promise<void> {
    const { signal } = this.leave;
    let told: Promise<void> | undefined;
    try {
      const config = readConverseConfig(await this.firstMessage(), this.options.models);
      const session = await this.admit(config);
      const { caller: usedBy } = this.options;
      const { tenant } = usedBy;
      const { after, reply } = config;
      const conversation = await this.services.conversations.open({ tenant, session, after, reply, usedBy });
      this.conversation = conversation;
      // Whoever has left waits for no answer.
      signal.addEventListener('abort', () => void this.leaveConversation(), { once: true });
      signal.throwIfAborted();
      told = this.tell(conversation, config, session);
      await conversation.startSpeech(config.speech, config.format);
      await this.pass(conversation);
      await conversation.stopSpeech();
      await conversation.answered(this.options.answerMs);
      await this.feedback.complete(FEEDBACK_LIMIT_MS, signal);
      await this.replies;
    } catch (error) {
      throw signal.aborted ? signal.reason : error;
    } finally {
      await this.leaveConversation();
      this.messages.close();
      await told;
      await this.replies;
    }
    if (signal.aborted) throw signal.reason;
    if (this.isDraining) throw draining();
  }

  /** No more audio; what was said is still answered, and the client then goes on elsewhere. */
  drain(): void {
    this.isDraining = true;
    this.messages.end();
  }

  cut(fault: AppError): void {
    this.stop(fault);
  }

  private stop(reason: unknown): void {
    this.leave.abort(reason);
  }

  private async firstMessage() {
    const first = await this.messages.next();
    if (first?.payload === 'config' && first.config) return first.config;
    if (this.isDraining) throw draining();
    throw new AppError('stream.config_missing', 'The first message of a call must be its configuration.');
  }

  private async admit({ session, reply }: ConverseRequestConfig): Promise<string> {
    const { voices, sessions } = this.services;
    if (reply.speak) await voices.require(reply.voice, AbortSignal.timeout(VOICE_CHECK_MS));
    return (await sessions.enter(this.options.caller, session)).id;
  }

  /** Passes the client's messages on, each when there is room for it, until it half-closes. */
  private async pass(conversation: LiveConversation): Promise<void> {
    for (let next = await this.messages.next(); next; next = await this.messages.next()) {
      if (next.payload === 'audio' && next.audio) await conversation.push(next.audio);
      else if (next.payload === 'control' && next.control) await this.control(next.control, conversation);
      else if (next.payload === 'config')
        throw new AppError('stream.config_repeated', 'The configuration was sent a second time.');
      else throw new AppError('request.invalid', 'A message must carry audio or a control.');
    }
  }

  private async control(control: ConverseControl__Output, conversation: LiveConversation): Promise<void> {
    switch (control) {
      case 'CONVERSE_CONTROL_FINALIZE':
        return conversation.finalize();
      case 'CONVERSE_CONTROL_KEEP_ALIVE':
        return conversation.keepAlive();
      case 'CONVERSE_CONTROL_INTERRUPT':
        return conversation.interrupt();
      case 'CONVERSE_CONTROL_PLAYED':
        return conversation.played();
      default:
        throw new AppError('request.invalid', 'control: is not known');
    }
  }

  /** Never rejects: a fault ends the call. */
  private async tell(
    conversation: LiveConversation,
    config: ConverseRequestConfig,
    session: string,
  ): Promise<void> {
    try {
      for await (const event of conversation) await this.tellEvent(event, conversation, config, session);
    } catch (error) {
      this.stop(error);
    }
  }

  private async tellEvent(
    event: ConversationEvent,
    conversation: LiveConversation,
    config: ConverseRequestConfig,
    session: string,
  ): Promise<void> {
    switch (event.kind) {
      case 'speech': {
        const { started } = event.event;
        const response = started
          ? { started: { sessionId: session, model: started.model } }
          : recognitionResponse(event.event);
        return response && this.write(response);
      }
      case 'taken':
        this.feedback.expect(event.taken.identity.turn);
        return this.write(takenResponse(event.taken));
      case 'paused':
      case 'resumed':
      case 'interrupted':
        return this.write(playbackResponse(event));
      case 'event':
        this.replies = this.replies.then(() => this.tellTurn(event.arrived, conversation, config));
        return;
      case 'fault':
        return this.stop(event.error);
      case 'speech-ended':
      case 'utterance':
      case 'assessed':
        return;
    }
  }

  /** Never rejects. */
  private async tellTurn(
    arrived: SessionEvent,
    conversation: LiveConversation,
    { isPcmWanted }: ConverseRequestConfig,
  ): Promise<void> {
    const { name, data } = arrived.event;
    const { signal } = this.leave;
    try {
      if (signal.aborted) return;
      if (name !== 'speech.ready') await this.write(eventResponse(arrived));
      else if (!conversation.isSilenced(data.identity.turn)) {
        const stored = await conversation.audioOf(data.audio.key);
        if (!stored)
          throw new AppError('recording.not_found', 'The speech of a sentence is not stored any more.');
        const audio = isPcmWanted
          ? { contentType: PCM_TYPE, bytes: await replyPcm(this.options.ffmpegPath, stored, signal) }
          : { contentType: data.audio.contentType, bytes: stored };
        if (!conversation.isSilenced(data.identity.turn)) await this.write(eventResponse(arrived, audio));
      }
      if (name === 'turn.feedback') this.feedback.add(data.identity.turn, data.report);
      if (name === 'turn.failed') this.feedback.miss(data.identity.turn);
    } catch (error) {
      this.stop(error);
    }
  }

  private async write(response: ConverseResponse): Promise<void> {
    const { signal } = this.leave;
    if (signal.aborted || this.call.write(response)) return;
    await whenWritable(this.call, signal);
  }

  /** What was said to its end becomes a turn, also where the client has left. Never rejects. */
  private leaveConversation(): Promise<void> {
    return (this.left ??= this.close());
  }

  private async close(): Promise<void> {
    const { conversation } = this;
    if (!conversation) return;
    await atMost(
      LAST_WORDS_MS,
      conversation.stopSpeech().catch(() => undefined),
    );
    await conversation.close();
  }
}
