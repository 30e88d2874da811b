import type { StreamingConfig, TurnIdentity } from '@parlance/contracts';
import { AppError, toAppError } from '@parlance/errors';
import { assessmentView } from '../recognition/assessment-view.js';
import type { LiveRecognition } from '../recognition/live-recognition.service.js';
import type { RecognitionEvent } from '../recognition/live-stream.js';
import type { ReplyOptions } from '../turns/turn-transcript.js';
import type { ConversationRecording, LiveRecordings } from './conversation-recording.js';
import { CoachQuestion } from './coach-question.js';
import { EventQueue } from './event-queue.js';
import type { Interruptions } from './interruptions.service.js';
import { Listening, type RecognizedUtterance } from './listening.js';
import { Playback, type PlayedReply } from './playback.js';
import {
  SessionTurns,
  type SessionTurnEvent,
  type SessionTurnsOptions,
  type TurnServices,
} from './session-turns.js';
import { SpeechBesideReply, type PlaybackEvent } from './speech-beside-reply.js';
import { SpokenAudio, type SpokenFormat } from './spoken-audio.js';

/** What a live conversation uses of the gateway. */
export interface ConversationServices extends TurnServices {
  readonly recognition: LiveRecognition;
  readonly recordings: LiveRecordings;
  readonly interruptions: Interruptions;
}

export interface ConversationOptions extends SessionTurnsOptions {
  readonly ffmpegPath: string;
  /** How replies to utterances are spoken; may be changed while the conversation runs. */
  readonly reply: ReplyOptions;
  /** Whether each utterance becomes a turn at once, as it does where this is left out; else the API decides, and calls `answer`. */
  readonly answersAtOnce?: boolean;
}

/** What happens in a conversation. `speech`: recognition says something of what is being spoken; `utterance`: something was said, where the
 *  API decides what is answered; `paused`: the person makes a sound while a reply is played; `resumed`: it was nothing; `interrupted`: the person spoke, or a client asked, here or at another client of the
 *  session, and nothing more of it follows. */
export type ConversationEvent =
  | SessionTurnEvent
  | { readonly kind: 'speech'; readonly event: RecognitionEvent }
  | { readonly kind: 'utterance'; readonly utterance: RecognizedUtterance }
  /** Recognition failed; `speech-ended` follows. */
  | { readonly kind: 'fault'; readonly error: unknown; readonly isOfSpeech: true }
  | { readonly kind: 'speech-ended' }
  | PlaybackEvent;

/**
 * One person in conversation, whatever API they came by: speech goes in, in one stretch or several; what was understood, the turns
 * made of it and their replies come out in the order in which they happen. Iterate once.
 */
export class LiveConversation implements AsyncIterable<ConversationEvent> {
  reply: ReplyOptions;
  /** Whether speech beside a reply interrupts it. */
  isInterruptible = true;
  private readonly events = new EventQueue<ConversationEvent>();
  private readonly playback = new Playback();
  private readonly question = new CoachQuestion(this.playback);
  private readonly besideReply = new SpeechBesideReply(
    this.playback,
    (event) => this.events.put(event),
    () => this.interrupt(),
  );
  /** Turns whose reply was interrupted: nothing more of it is told. */
  private readonly silenced = new Set<string>();
  private readonly leave = new AbortController();
  private readonly recording: ConversationRecording;
  private readonly unfollow: () => void;
  private speech: Listening | undefined;

  private constructor(
    private readonly services: ConversationServices,
    private readonly options: ConversationOptions,
    private readonly turns: SessionTurns,
  ) {
    this.reply = options.reply;
    this.recording = services.recordings.of(options.tenant, options.session);
    this.unfollow = services.interruptions.follow(options.session, (reply) => this.stopPlaying(reply));
    this.passTurns().then(
      () => this.events.end(),
      (error: Error) => this.events.fail(error),
    );
  }

  /** @throws AppError upstream.unavailable */
  static async open(services: ConversationServices, options: ConversationOptions): Promise<LiveConversation> {
    return new LiveConversation(services, options, await SessionTurns.open(services, options));
  }

  /** Ends when closed. @throws AppError upstream.unavailable where the session's events can no longer be followed */
  async *[Symbol.asyncIterator](): AsyncGenerator<ConversationEvent> {
    for await (const event of this.events) {
      yield event;
      if (event.kind !== 'event') continue;
      this.playback.follow(event.arrived);
      this.question.follow(event.arrived);
    }
  }

  /** The session's events behind this sequence are given. */
  get after(): number {
    return this.turns.after;
  }

  /** Whether the client is taken to be playing a reply. */
  get isSpeaking(): boolean {
    return this.playback.isPlaying;
  }

  get isListening(): boolean {
    return this.speech !== undefined;
  }

  /** Begins to listen: opens a stream where there is room.
   *  @throws AppError request.invalid while it listens already, else as `LiveRecognition.open` */
  async startSpeech(config: StreamingConfig, format: SpokenFormat): Promise<void> {
    if (this.speech) throw new AppError('request.invalid', 'Speech is being taken already.');
    const { tenant, session, ffmpegPath, usedBy } = this.options;
    const speech = new Listening(config.assessment !== undefined);
    this.speech = speech;
    try {
      const { signal } = this.leave;
      speech.stream = await this.services.recognition.open(config, { tenant, session }, signal, usedBy);
    } catch (error) {
      if (this.speech === speech) this.speech = undefined;
      throw error;
    }
    speech.audio = new SpokenAudio(format, ffmpegPath, true, this.recording.beside(speech.stream), speech);
    speech.ended = this.passSpeech(speech);
  }

  /** Resolves when there is room for more. Audio while nobody listens is refused.
   *  Where the day's audio is used up, listening ends.
   *  @throws AppError request.invalid, audio.corrupt, audio.unsupported_format */
  async push(bytes: Buffer): Promise<void> {
    const { speech } = this;
    if (!speech?.audio) throw new AppError('request.invalid', 'Audio came while no speech is being taken.');
    try {
      await speech.audio.push(bytes);
    } catch (error) {
      if (toAppError(error).code !== 'quota.audio_exceeded') throw error;
      // What was said until then is still recognised; behind it the fault is told.
      speech.fault ??= error;
      speech.stream?.end();
    }
  }

  /** Ends the utterance that is being spoken. */
  async finalize(): Promise<void> {
    await this.speech?.stream?.send({ control: 'CONTROL_FINALIZE' });
  }

  /** The client is there but says nothing: the stream stays open. */
  async keepAlive(): Promise<void> {
    await this.speech?.stream?.send({ control: 'CONTROL_KEEP_ALIVE' });
  }

  /** Stops listening; resolves when all that was said is recognised and stored as turns.
   *  @throws AppError audio.corrupt, audio.empty */
  async stopSpeech(): Promise<void> {
    const { speech } = this;
    if (speech) await (speech.stopped ??= this.stop(speech));
  }

  /** Forgets what was said and is no utterance yet; resolves when nothing more is told of it. */
  async dropSpeech(): Promise<void> {
    const { speech } = this;
    speech?.drop();
    await speech?.ended;
  }

  /** Makes an utterance a turn. @param turn  its id */
  answer(utterance: RecognizedUtterance, turn?: string): void {
    this.turns.push(utterance, this.reply, turn);
  }

  /** Makes a text a turn, without speech; resolves when it is stored. @param turn  its id @returns whose events answer it
   *  @throws AppError session.ended, store.unavailable, upstream.unavailable */
  say(text: string, language: string, turn?: string): Promise<TurnIdentity> {
    return this.turns.pushText(text, language, this.reply, turn);
  }

  /** The client stops what it plays: it, or the person, interrupts. */
  async interrupt(): Promise<void> {
    const played = this.playback.interrupt();
    if (played) await this.recordCut(played, false);
  }

  /** Nothing more is told of a turn's reply, whether it is being played, was played or is still to be written.
   *  @param text  what was played of it, where the client knows */
  async cut(turn: string, text?: string): Promise<void> {
    const played = this.playback.interrupt();
    const taken = played?.turn === turn ? played.text : '';
    await this.recordCut({ turn, text: text ?? taken }, text !== undefined);
  }

  /** The client has played all that it got. */
  played(): void {
    this.playback.finish();
  }

  /** Whether the turn's reply was interrupted: nothing more of it is told. */
  isSilenced(turn: string): boolean {
    return this.silenced.has(turn);
  }

  /** The audio of a sentence that is ready; undefined where it is no longer kept. */
  audioOf(key: string): Promise<Buffer | undefined> {
    return this.turns.speech(key);
  }

  /** Resolves when every turn started here has been answered, or `timeoutMs` have passed. */
  answered(timeoutMs: number): Promise<void> {
    return this.turns.answered(timeoutMs, this.leave.signal);
  }

  /** Frees what the conversation holds; what was said to its end is still stored and answered. */
  async close(): Promise<void> {
    this.leave.abort();
    this.unfollow();
    this.events.abandon();
    this.besideReply.close();
    this.speech?.stream?.cancel();
    this.speech?.audio?.close();
    await this.speech?.ended;
    await this.turns.close();
    await this.recording.close();
  }

  private async recordCut(played: PlayedReply, isExact: boolean): Promise<void> {
    const { tenant, session } = this.options;
    // First the clients: they are still playing.
    this.services.interruptions.tell(session, played);
    // What is not stored yet cannot be marked.
    await this.turns.flush();
    const identity = { tenant, session, turn: played.turn };
    await this.services.turns.recordInterruption(identity, played.text, isExact);
  }

  /** The reply was interrupted at one of the session's clients. */
  private stopPlaying(reply: PlayedReply): void {
    if (this.silenced.has(reply.turn) || !this.turns.follows(reply.turn)) return;
    this.silenced.add(reply.turn);
    this.playback.drop(reply.turn);
    void this.besideReply.resume();
    void this.events.put({ kind: 'interrupted', reply });
  }

  private async stop(speech: Listening): Promise<void> {
    try {
      await speech.audio?.end();
    } finally {
      speech.stream?.end();
      await speech.ended;
      await this.turns.flush();
    }
  }

  private async passSpeech(speech: Listening): Promise<void> {
    try {
      for await (const event of speech.stream ?? []) {
        if (speech.isDropped) break;
        if (event.endpoint && this.isInterruptible) await this.besideReply.judge(event.endpoint);
        await this.tellQuestion(event, speech);
        await this.events.put({ kind: 'speech', event });
        await this.passUtterance(event, speech);
        this.passAssessment(event);
      }
      if (speech.fault) throw speech.fault;
    } catch (error) {
      if (!this.leave.signal.aborted && !speech.isDropped)
        await this.events.put({ kind: 'fault', error: speech.fault ?? error, isOfSpeech: true });
    } finally {
      speech.audio?.close();
      if (this.speech === speech) this.speech = undefined;
      await this.besideReply.resume();
      await this.events.put({ kind: 'speech-ended' });
    }
  }

  private async passUtterance({ result, degraded }: RecognitionEvent, speech: Listening): Promise<void> {
    if (!result?.isFinal || this.besideReply.isAssent(result)) return;
    const utterance = speech.utteranceOf(result, degraded);
    if (!utterance) return;
    if (this.options.answersAtOnce ?? true) this.answer(utterance);
    else await this.events.put({ kind: 'utterance', utterance });
  }

  /** Recognition learns what an utterance answers when it begins: an assessment says how. */
  private async tellQuestion(
    { endpoint }: RecognitionEvent,
    { isAssessed, stream }: Listening,
  ): Promise<void> {
    if (!isAssessed || endpoint?.kind !== 'ENDPOINT_KIND_SPEECH_STARTED') return;
    const question = this.question.ask();
    if (question) await stream?.send({ question });
  }

  private passAssessment({ assessment: told }: RecognitionEvent): void {
    if (told?.assessment) this.turns.assess(told.utteranceId, assessmentView(told.assessment));
  }

  private async passTurns(): Promise<void> {
    for await (const event of this.turns) if (!this.isOutdated(event)) await this.events.put(event);
  }

  private isOutdated(event: SessionTurnEvent): boolean {
    if (event.kind !== 'event') return false;
    const { name, data } = event.arrived.event;
    return (name === 'reply.sentence' || name === 'speech.ready') && this.isSilenced(data.identity.turn);
  }
}
