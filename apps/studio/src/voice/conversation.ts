import { io, type Socket } from 'socket.io-client';
import { access, api, faultIn } from '../api/api-client.js';
import { BrowserRecognition, silenceBrowser, speakInBrowser } from './browser-speech.js';
import {
  afterBrowserResult,
  afterEvent,
  afterTyping,
  INITIAL_STATE,
  type ConversationState,
} from './conversation-state.js';
import { joinedChunks, Microphone, MicrophoneFault, type MicrophoneChunk } from './microphone.js';
import { ReplyPlayback, type PlaybackPosition } from './playback.js';
import type { EventAnswer, ServerEvent, ServerEventName, ServerEvents } from './voice-events.js';

const ANSWER_LIMIT_MS = 30_000;
/** Of the microphone's sound, kept while the connection is lost: half a minute of chunks. */
const MOST_KEPT_CHUNKS = 1_500;
/** So many of them are sent as one: the platform takes no more than 200 a second. */
const KEPT_CHUNKS_TOGETHER = 25;
/** As loud as a quiet room; what is below it for so long is no microphone that anybody speaks into. */
const SILENT_LEVEL = 0.002;
const SILENT_CHUNKS = 300;

/** What a person need not know of: the connection is taken up again. */
const PASSING_FAULTS: ReadonlySet<string> = new Set(['auth.expired_token', 'service.draining']);

export interface VoiceSettings {
  /** Empty: to be detected. */
  readonly language: string;
  /** Code of a scenario of the catalogue. */
  readonly scenario?: string | undefined;
  /** Whether how one speaks is scored. */
  readonly assess: boolean;
}

/** One conversation by Socket.IO: the microphone's sound goes out, what is understood and answered comes in, replies are played.
 *  A lost connection is taken up again in the same session, from the last event that came. */
export class Conversation {
  private now: ConversationState = INITIAL_STATE;
  private position: PlaybackPosition | undefined;
  private socket: Socket | undefined;
  private microphone: Microphone | undefined;
  private recognition: BrowserRecognition | undefined;
  private session: { readonly sessionId: string; after: number } | undefined;
  /** Chunks of the recording that is open, by their place in it. */
  private chunkIndex = 0;
  private isRecording = false;
  private kept: ArrayBuffer[] = [];
  private silentChunks = 0;
  private readonly listeners = new Set<() => void>();
  /** Sentences of a reply that were played to their end, and whether that was told. */
  private readonly played = new Map<string, { count: number; isTold: boolean }>();
  private readonly playback = new ReplyPlayback((position) => {
    this.position = position;
    this.tell();
  });

  /** @param onLevel  is told the loudness of the microphone, fifty times a second */
  constructor(
    private readonly settings: VoiceSettings,
    private readonly onLevel: (level: number) => void,
  ) {
    addEventListener('online', this.onOnline);
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };
  readonly state = (): ConversationState => this.now;
  /** Undefined before it has begun. */
  readonly sessionId = (): string | undefined => this.session?.sessionId;
  /** The word of a reply that is played now. */
  readonly playing = (): PlaybackPosition | undefined => this.position;

  /** Listens: asks for the microphone and connects, where that has not been done. To be called in the handler of a click. */
  async listen(): Promise<void> {
    await this.playback.allow();
    this.change({ problem: undefined, isListening: true });
    try {
      this.silentChunks = 0;
      this.microphone ??= await Microphone.open((chunk) => this.push(chunk), this.onGone);
    } catch (error) {
      const problem = error instanceof MicrophoneFault ? error.problem : 'busy';
      return this.change({ problem, isListening: false });
    }
    // The person may have let the button go meanwhile.
    if (!this.now.isListening) return this.closeMicrophone();
    await this.connect();
    await this.startRecording();
  }

  /** Ends what is being said, and the microphone with it: the browser's sign goes out. */
  async stopListening(): Promise<void> {
    this.change({ isListening: false });
    this.stopRecognition();
    await this.closeMicrophone();
    if (!this.isRecording) return;
    this.isRecording = false;
    await this.ask('voice:stop-recording');
  }

  /** Listens for a text, against which the next utterance is scored. To be called in the handler of a click. */
  async repeat(text: string): Promise<void> {
    await this.playback.allow();
    await this.connect();
    if (!(await this.expect(text))) return;
    this.change({ toRepeat: text });
    await this.restartRecording();
    await this.listen();
  }

  /** Goes on without the text that was to be said. */
  async stopRepeating(): Promise<void> {
    this.change({ toRepeat: '' });
    await this.expect('');
    await this.restartRecording();
  }

  async say(text: string): Promise<void> {
    await this.playback.allow();
    this.change({ problem: undefined });
    await this.connect();
    const answer = await this.ask('voice:text-message', { text });
    if (answer.error) return this.change({ problem: answer.error });
    if (answer.messageId !== undefined) this.change(afterTyping(this.now, answer.messageId, text));
  }

  /** Stops the reply that is played. */
  interrupt(): void {
    const turn = this.now.turns.findLast(({ status }) => status === 'answered');
    if (!turn) return;
    this.playback.stop(turn.id);
    silenceBrowser();
    this.change({ activity: 'ready' });
    void this.ask('voice:tts-complete', { messageId: turn.id });
  }

  /** Lets a browser that wanted a click play what waits. */
  async allowSound(): Promise<void> {
    await this.playback.allow();
    if (this.now.problem === 'playback') this.change({ problem: undefined });
  }

  /** Ends the session. */
  async end(): Promise<void> {
    await this.stopListening();
    const turn = this.now.turns.at(-1);
    if (turn) this.playback.stop(turn.id);
    const answer = this.session && (await this.ask('voice:end'));
    const metrics = answer?.error ? undefined : answer?.metrics;
    const summary = metrics && { turns: metrics.turns, words: metrics.spokenWords };
    this.change({ connection: 'ended', ...(summary ? { summary } : {}) });
    this.close();
  }

  /** Leaves without ending the session. */
  close(): void {
    removeEventListener('online', this.onOnline);
    this.stopRecognition();
    silenceBrowser();
    void this.closeMicrophone();
    this.socket?.disconnect();
    void this.playback.close();
  }

  /** Has utterances scored against a text; against what is recognised where it is empty. @returns whether they are */
  private async expect(expectedText: string): Promise<boolean> {
    if (!this.session) return false;
    const params = { path: { id: this.session.sessionId } };
    const { error, response } = await api.PUT('/api/v1/voice/sessions/{id}/settings', {
      params,
      body: { expectedText },
    });
    if (!response.ok) this.change({ problem: faultIn(error) });
    return response.ok;
  }

  private async connect(): Promise<void> {
    if (this.session && this.socket?.connected) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const stop = this.subscribe(() => {
      if (this.now.connection === 'online' || this.now.problem) resolve();
    });
    if (!this.socket) this.open();
    await promise;
    stop();
  }

  private open(): void {
    this.change({ connection: 'connecting' });
    const socket = io('/voice', {
      transports: ['websocket'],
      reconnectionDelayMax: 5_000,
      auth: (give) => {
        // Without a token the handshake is refused, which tells.
        access.token().then(
          (token) => give({ token }),
          () => give({}),
        );
      },
    });
    this.socket = socket;
    socket.on('connect', () => void this.join());
    socket.on('disconnect', (reason) => {
      this.isRecording = false;
      if (reason === 'io client disconnect' || this.now.connection === 'ended') return;
      this.change({ connection: 'reconnecting' });
      // Socket.IO does not come back by itself from what a server has ended, as where a token has expired.
      if (reason === 'io server disconnect') socket.connect();
    });
    socket.on('connect_error', (error: Error & { data?: unknown }) => {
      const fault = faultIn({ error: error.data ?? { message: error.message } });
      if (fault.code === 'request.failed') return this.change({ connection: 'reconnecting' });
      this.change({ connection: 'reconnecting', problem: fault });
      if (fault.code.startsWith('auth.')) {
        access.logOut(true);
        socket.disconnect();
      } else setTimeout(() => socket.connect(), 1_000 * (fault.retryAfterSeconds ?? 2));
    });
    socket.onAny((name: ServerEventName, event: unknown) => this.receive({ name, event } as ServerEvent));
  }

  /** Begins the session, or goes on in it behind the last event that came. */
  private async join(): Promise<void> {
    const { language, scenario, assess } = this.settings;
    const wanted = this.session ?? {
      settings: { sttMode: 'auto', assess, ...(language === '' ? {} : { language }) },
      context: {
        ...(language === '' ? {} : { targetLanguage: language }),
        ...(scenario ? { scenario } : {}),
      },
    };
    const answer = await this.ask('voice:join', wanted);
    if (answer.error) return this.change({ problem: answer.error });
    const { sessionId = '', sequence = 0 } = answer;
    this.session ??= { sessionId, after: sequence };
    const isBack = this.now.connection === 'reconnecting';
    this.change({ connection: 'online' });
    if (isBack && this.now.isListening) await this.startRecording();
  }

  private async startRecording(): Promise<void> {
    const { microphone } = this;
    if (!microphone || this.isRecording || this.now.connection !== 'online') return;
    const metadata = { encoding: 'linear16', sampleRate: microphone.sampleRateHz, channels: 1 };
    this.chunkIndex = 0;
    this.isRecording = true;
    // The server takes events in their order: nothing waits for the acknowledgement.
    const started = this.ask('voice:start-recording', { metadata });
    while (this.kept.length > 0) this.send(joinedChunks(this.kept.splice(0, KEPT_CHUNKS_TOGETHER)));
    const answer = await started;
    if (!answer.error || !this.socket?.connected) return;
    this.isRecording = false;
    this.change({ problem: answer.error, isListening: false });
    await this.closeMicrophone();
  }

  /** The platform reads what is expected when a recording begins. What is said meanwhile is kept. */
  private async restartRecording(): Promise<void> {
    if (!this.isRecording) return;
    this.isRecording = false;
    await this.ask('voice:stop-recording');
    if (this.now.isListening) await this.startRecording();
  }

  private push({ buffer, level }: MicrophoneChunk): void {
    this.onLevel(level);
    this.silentChunks = level < SILENT_LEVEL ? this.silentChunks + 1 : 0;
    if (this.silentChunks === SILENT_CHUNKS && !this.now.problem) this.change({ problem: 'silent' });
    if (this.silentChunks === 0 && this.now.problem === 'silent') this.change({ problem: undefined });
    if (this.isRecording) return this.send(buffer);
    this.kept.push(buffer);
    if (this.kept.length > MOST_KEPT_CHUNKS) this.kept.shift();
  }

  private send(buffer: ArrayBuffer): void {
    const chunkIndex = this.chunkIndex++;
    void this.ask('voice:audio-chunk', { audioChunk: buffer, chunkIndex });
  }

  private receive(received: ServerEvent): void {
    const { name, event } = received;
    // The server closes the connection behind it; the next one has a fresh token.
    if (name === 'voice:error' && PASSING_FAULTS.has(event.error.code)) return;
    // Sound that was on its way when the platform had stopped recording.
    if (name === 'voice:error' && event.event === 'voice:audio-chunk' && !this.isRecording) return;
    if (name === 'voice:response') this.session!.after = event.metadata.sequence;
    if (name === 'voice:recording-stopped') this.isRecording = false;
    // A session whose events could not be followed is joined again.
    if (name === 'voice:left') void this.join();
    if (name === 'voice:playback-paused') void this.playback.pause();
    if (name === 'voice:playback-resumed') void this.playback.resume();
    if (name === 'voice:interrupted') this.playback.stop(event.messageId);
    if (name === 'voice:use-browser-stt') this.listenInBrowser();
    if (name === 'voice:recording-started') this.change({ browserRecognizes: false });
    this.change(afterEvent(this.now, received));
    if (name === 'voice:response') void this.answerPlayed(event);
    if (name === 'voice:assessed' && event.assessment.mode === 'scripted') void this.stopRepeating();
  }

  /** The server can not recognise just now: the browser does, where it can. */
  private listenInBrowser(): void {
    this.isRecording = false;
    this.kept = [];
    void this.closeMicrophone();
    if (!this.now.isListening) return;
    const failed = (): void => {
      this.recognition = undefined;
      this.change({ problem: 'noRecognition', isListening: false, browserRecognizes: false });
    };
    const onText = (text: string, isFinal: boolean): void => {
      this.change(afterBrowserResult(this.now, isFinal ? '' : text));
      if (isFinal && text !== '') void this.say(text);
    };
    this.recognition = BrowserRecognition.start(this.settings.language, onText, failed);
    if (this.recognition) this.change({ browserRecognizes: true });
    else failed();
  }

  private stopRecognition(): void {
    this.recognition?.stop();
    this.recognition = undefined;
  }

  /** Plays a spoken sentence, and says so when all of its reply were played. */
  private async answerPlayed({
    messageId,
    text,
    audio,
    shouldSpeak,
    metadata,
  }: ServerEvents['voice:response']): Promise<void> {
    const progress = this.played.get(messageId) ?? { count: 0, isTold: false };
    this.played.set(messageId, progress);
    if (audio && shouldSpeak) {
      if (!this.playback.isAllowed && this.now.activity !== 'paused') this.change({ problem: 'playback' });
      const { index, data: bytes, words = [] } = audio;
      const isWhole = await this.playback.play({ messageId, index, bytes, words }).catch(() => true);
      if (!isWhole) return;
      progress.count += 1;
    } else if (metadata.part === 'speech' && isWithoutVoice(metadata)) {
      this.change({ browserSpeaks: true });
      await speakInBrowser(text, this.settings.language);
      progress.count += 1;
    }
    const length = this.now.turns.find(({ id }) => id === messageId)?.length ?? Infinity;
    if (progress.isTold || progress.count < length) return;
    progress.isTold = true;
    await this.ask('voice:tts-complete', { messageId });
  }

  /** Sends an event of the session. @returns its acknowledgement; a fault where none has come */
  private async ask(name: string, event: object = {}): Promise<EventAnswer> {
    if (!this.socket?.connected) return { error: { code: 'request.failed', message: 'not connected' } };
    const ofSession = this.session ? { sessionId: this.session.sessionId } : {};
    try {
      return (await this.socket
        .timeout(ANSWER_LIMIT_MS)
        .emitWithAck(name, { ...ofSession, ...event })) as EventAnswer;
    } catch (error) {
      return { error: faultIn(error) };
    }
  }

  private async closeMicrophone(): Promise<void> {
    const { microphone } = this;
    this.microphone = undefined;
    this.onLevel(0);
    await microphone?.close();
  }

  private readonly onGone = (): void => {
    void this.stopListening();
    this.change({ problem: 'gone' });
  };
  private readonly onOnline = (): void => void this.socket?.connect();

  private change(change: Partial<ConversationState>): void {
    this.now = { ...this.now, ...change };
    this.tell();
  }

  private tell(): void {
    for (const listener of this.listeners) listener();
  }
}

/** Whether no voice of the platform speaks a sentence. */
function isWithoutVoice({ degraded = [] }: ServerEvents['voice:response']['metadata']): boolean {
  return degraded.some(({ stage, to }) => stage === 'speech' && to === 'text');
}
