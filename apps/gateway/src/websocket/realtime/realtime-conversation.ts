import { isDeepStrictEqual } from 'node:util';
import type { ConversationSessionSettings, RealtimeEvent, ResponseOptions } from '@parlance/contracts';
import { AppError } from '@parlance/errors';
import type { ConversationEvent, LiveConversation } from '../../live/live-conversation.js';
import type { RecognizedUtterance } from '../../live/listening.js';
import type { OpenAiModelAlias } from '../../recognition/openai-models.config.js';
import { SocketConversation, type SocketClient } from '../socket-conversation.js';
import { itemsOf, type BufferItems, type ItemSequence } from './buffer-items.js';
import {
  changedConversation,
  changedResponse,
  conversationConfig,
  responseOptionsOf,
  type ConversationSettings,
} from './conversation-settings.js';
import { RealtimeResponses } from './realtime-responses.js';
import { audioMs, spokenFormat, type RealtimeSettings } from './realtime-settings.js';
import { emptyBuffer, knownFault } from './realtime-view.js';
import { WaitingItems } from './waiting-items.js';
import { WrittenItems, type CreateItem } from './written-items.js';

/** Events of recognition that are told where the client has asked for transcripts. */
const TRANSCRIPTS = 'conversation.item.input_audio_transcription.';

export interface RealtimeConversationOptions {
  /** What it begins with. */
  readonly settings: ConversationSettings;
  readonly isBeta: boolean;
  /** Gives the model of recognition where an update leaves it out. */
  readonly first: RealtimeSettings;
  /** What OpenAI's names of models stand for. */
  readonly models: readonly OpenAiModelAlias[];
  readonly ffmpegPath: string;
  /** How long a response may take. */
  readonly answerMs: number;
  /** @throws AppError voice.not_found */
  readonly requireVoice: (voice: string) => Promise<void>;
  /** Records that the client has ended the session. */
  readonly ended: () => Promise<void>;
}

/** A conversation as OpenAI's Realtime API has it: what is said and written becomes items; a response answers those that wait. */
export class RealtimeConversation extends SocketConversation {
  readonly responses: RealtimeResponses;
  private readonly sequence: ItemSequence;
  private readonly waiting = new WaitingItems();
  private readonly written: WrittenItems;
  private settings: ConversationSettings;
  private items: BufferItems;
  /** Of the audio that was appended since it listens, and before. */
  private bytes = 0;
  private fromMs = 0;
  /** What was said in audio that the client has not committed. */
  private said: RecognizedUtterance[] = [];
  private isCommitted = false;
  /** Nothing more is told of what is being said. */
  private isSilent = false;
  /** A response is to be created once the one under way is over. */
  private isDue = false;

  constructor(
    session: string,
    conversation: LiveConversation,
    client: SocketClient,
    private readonly about: RealtimeConversationOptions,
  ) {
    const { settings, isBeta, models, ffmpegPath, answerMs, ended } = about;
    const speech = () => ({
      config: conversationConfig(this.settings, models),
      format: spokenFormat(this.settings.input),
    });
    super(session, conversation, client, { speech, ended });
    this.settings = settings;
    this.sequence = { previous: null, isBeta };
    this.written = new WrittenItems(this.sequence, this.waiting);
    this.items = itemsOf(this.settings.input, this.sequence, 0);
    conversation.isInterruptible = this.isInterrupting;
    this.responses = new RealtimeResponses(conversation, client, {
      conversationId: `conv_${session}`,
      ffmpegPath,
      answerMs,
      sequence: this.sequence,
      left: this.left,
      over: () => this.isDue && this.respond(),
    });
  }

  get currentSettings(): ConversationSettings {
    return this.settings;
  }

  get isBeta(): boolean {
    return this.sequence.isBeta;
  }

  /** Changes what is named; where recognition or the voice is refused, all stays as it is.
   *  @param isBeta  whether events have the names of the beta from now on
   *  @throws AppError request.invalid, voice.not_found; as recognition refuses */
  async update(session: ConversationSessionSettings, isBeta: boolean): Promise<void> {
    const before = this.settings;
    const settings = changedConversation(before, this.about.first, session);
    if (settings.response.voice !== before.response.voice)
      await this.about.requireVoice(settings.response.voice);
    if (!isDeepStrictEqual(settings.input, before.input)) await this.listenBy(settings);
    this.settings = settings;
    this.sequence.isBeta = isBeta;
    this.conversation.isInterruptible = this.isInterrupting;
  }

  /** Resolves when there is room for more. @throws AppError as recognition refuses; audio.corrupt */
  async append(audio: Buffer): Promise<void> {
    await this.push(audio);
    this.bytes += audio.length;
  }

  /** What was appended becomes an item. @param eventId  of the client's event
   *  @throws AppError audio.empty */
  async commit(eventId: string | undefined): Promise<void> {
    if (!this.conversation.isListening || this.bytes === 0) throw emptyBuffer();
    await this.sendAll(this.items.committed(eventId));
    if (this.settings.input.turnDetection !== null) return this.conversation.finalize();
    this.isCommitted = true;
    // A response that is asked for next answers it.
    await this.conversation.stopSpeech();
  }

  /** Forgets what was appended and is no item yet. */
  async clear(): Promise<void> {
    this.isSilent = true;
    await this.conversation.dropSpeech();
    this.isSilent = false;
    this.said = [];
  }

  /** Adds what the client wrote. @throws AppError request.invalid, request.too_large */
  async createItem(message: CreateItem): Promise<void> {
    await this.sendAll(this.written.create(message));
  }

  /** Answers what waits. @throws AppError request.conflict while a response is under way; voice.not_found */
  async createResponse(options: ResponseOptions): Promise<void> {
    if (this.responses.isActive)
      throw knownFault(
        'conversation_already_has_active_response',
        'A response is under way; wait for its response.done, or cancel it.',
      );
    const { response } = this.settings;
    const settings = changedResponse(response, responseOptionsOf(options));
    if (settings.voice !== response.voice) await this.about.requireVoice(settings.voice);
    this.isDue = false;
    this.responses.start(this.waiting.drain(), settings, options.metadata);
  }

  /** What was said is recognised and answered. */
  async end(): Promise<void> {
    await this.finish({ answerMs: this.about.answerMs, feedbackMs: 0 });
  }

  override async abandon(): Promise<void> {
    this.responses.close();
    await super.abandon();
    // Nobody can come back to it.
    await this.about.ended().catch(() => undefined);
  }

  protected override listen(): Promise<void> {
    this.items = itemsOf(this.settings.input, this.sequence, this.fromMs);
    return super.listen();
  }

  protected async tell(event: ConversationEvent): Promise<void> {
    switch (event.kind) {
      case 'speech': {
        const { endpoint } = event.event;
        await this.sendAll(this.items.recognized(event.event));
        // Speech beside a reply that is played is judged before it comes here; this is of one that is still written.
        if (endpoint?.kind === 'ENDPOINT_KIND_SPEECH_CONFIRMED') this.interrupt();
        return;
      }
      case 'utterance':
        return this.pushUtterance(event.utterance);
      case 'event':
        return this.responses.happened(event.arrived.event);
      case 'interrupted':
        return this.responses.interrupted(event.reply.turn);
      case 'fault':
        if (!('isOfSpeech' in event)) return this.responses.fail(event.turn, event.error);
        await this.sendAll(this.items.failed(event.error));
        this.isCommitted = false;
        this.isSilent = true;
        return;
      case 'speech-ended':
        return this.endStretch();
      case 'paused':
        return this.responses.pause();
      case 'resumed':
        return this.responses.resume();
      case 'taken':
      case 'assessed':
        return;
    }
  }

  protected allTold(): Promise<void> {
    return this.responses.flush();
  }

  private get isInterrupting(): boolean {
    const { input, interruptsResponse } = this.settings;
    return input.turnDetection !== null && interruptsResponse;
  }

  private pushUtterance(utterance: RecognizedUtterance): void {
    if (this.settings.input.turnDetection === null) return void this.said.push(utterance);
    this.waiting.addSpeech([utterance]);
    if (!this.settings.createsResponse || this.waiting.isEmpty) return;
    // Too short to be confirmed, and no hum.
    this.interrupt();
    this.respond();
  }

  private async endStretch(): Promise<void> {
    const ms = audioMs(this.settings.input, this.bytes);
    this.fromMs += ms;
    this.bytes = 0;
    const { isSilent, isCommitted, said } = this;
    this.isSilent = false;
    this.isCommitted = false;
    this.said = [];
    if (isCommitted) this.waiting.addSpeech(said);
    if (!isSilent) await this.sendAll(this.items.ended(ms));
  }

  private respond(): void {
    this.isDue = this.responses.isActive;
    if (!this.isDue && !this.waiting.isEmpty)
      this.responses.start(this.waiting.drain(), this.settings.response);
  }

  /** Not awaited: what it is recorded by may wait for what is told here. */
  private interrupt(): void {
    if (this.isInterrupting && this.responses.isActive)
      this.responses.cancel('turn_detected').catch((error: unknown) => this.client.report(error));
  }

  private async listenBy(settings: ConversationSettings): Promise<void> {
    const before = this.settings;
    if (before.input.turnDetection === null && this.bytes > 0) {
      const text = 'The input audio buffer has audio of the settings before; commit or clear it first.';
      throw new AppError('request.invalid', text);
    }
    // Audio that cannot be read is told of by its own events.
    await this.conversation.stopSpeech().catch(() => undefined);
    this.settings = settings;
    try {
      await this.listen();
    } catch (error) {
      this.settings = before;
      throw error;
    }
  }

  private async sendAll(events: readonly RealtimeEvent[]): Promise<void> {
    const { tellsTranscripts } = this.settings;
    for (const event of events)
      if (tellsTranscripts || !event.type.startsWith(TRANSCRIPTS)) await this.client.send(event);
  }
}
