import { ulid } from 'ulid';
import type { ListenQuery, RecognitionResult__Output, TurnIdentity } from '@parlance/contracts';
import type { MessageBus, ObjectStore, SessionWatch } from '@parlance/messaging';
import type { TurnService } from '../turns/turn.service.js';
import type { ClientSocket } from './client-socket.js';
import { turnListenEvent } from './listen-view.js';
import type { SpokenAudio } from './spoken-audio.js';

/** What SessionTurns needs of the gateway. */
export interface TurnServices {
  readonly turns: TurnService;
  readonly bus: MessageBus;
  readonly objects: ObjectStore;
  /** What links begin with. */
  readonly publicUrl: string;
}

/** Makes a session's utterances into turns and sends the session's events to the client. */
export class SessionTurns {
  /** Turns started on this socket whose answers the client still waits for. */
  private readonly open = new Map<string, { sentences: number | undefined; spoken: number }>();
  private readonly mine = new Set<string>();
  private started: Promise<void> = Promise.resolve();
  private allAnswered: () => void = () => undefined;

  private constructor(
    readonly session: string,
    private readonly tenant: string,
    private readonly query: ListenQuery,
    private readonly services: TurnServices,
    private readonly client: ClientSocket,
    private readonly watch: SessionWatch,
  ) {}

  /** @throws AppError upstream.unavailable */
  static async open(
    { tenant, session }: Omit<TurnIdentity, 'turn'>,
    query: ListenQuery,
    services: TurnServices,
    client: ClientSocket,
  ): Promise<SessionTurns> {
    const watch = await services.bus.watchSession(session, (query.after ?? 0) + 1);
    return new SessionTurns(session, tenant, query, services, client, watch);
  }

  /** Sends events until closed. Without `after`, only those of turns started on this socket. */
  async run(): Promise<void> {
    for await (const arrived of this.watch) {
      const { event } = arrived;
      const { turn } = event.data.identity;
      if (this.query.after === undefined && !this.mine.has(turn)) continue;
      const options = { base: this.services.publicUrl, withAudio: this.query.audio };
      await this.client.send(turnListenEvent(arrived, options));
      if (event.name === 'speech.ready' && this.query.audio) await this.sendSpeech(event.data.audio.key);
      const state = this.open.get(turn);
      if (!state) continue;
      if (event.name === 'turn.replied') state.sentences = event.data.speak ? event.data.sentences : 0;
      if (event.name === 'speech.ready') state.spoken += 1;
      if (event.name === 'turn.failed' || state.spoken >= (state.sentences ?? Infinity)) {
        this.open.delete(turn);
        if (this.open.size === 0) this.allAnswered();
      }
    }
  }

  /** Makes a final into a turn, in the order spoken. The turn is answered even when the client has left. */
  push(result: RecognitionResult__Output, audio: SpokenAudio): void {
    const pcm = audio.cut(result.startMs, result.endMs);
    if (result.text.trim() === '') return;
    this.started = this.started
      .then(() => this.startTurn(result, pcm))
      .catch((error: unknown) => this.client.fail(error));
  }

  /** Resolves when every utterance pushed is a turn, and the client knows it. */
  async flush(): Promise<void> {
    await this.started;
  }

  /** Resolves when every turn started here has been answered, `timeoutMs` have passed or `signal` fires. */
  async answered(timeoutMs: number, signal: AbortSignal): Promise<void> {
    await this.started;
    if (this.open.size === 0 || signal.aborted) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(() => this.allAnswered(), timeoutMs);
      this.allAnswered = () => {
        clearTimeout(timer);
        resolve();
      };
      signal.addEventListener('abort', this.allAnswered, { once: true });
    });
  }

  /** Resolves when every utterance pushed is stored as a turn. */
  async close(): Promise<void> {
    await this.started;
    await this.watch.close();
    this.allAnswered();
  }

  private async startTurn(result: RecognitionResult__Output, pcm: Buffer): Promise<void> {
    const { text, language, startMs, measures, scores } = result;
    const identity = { tenant: this.tenant, session: this.session, turn: ulid() };
    // Before the turn starts: its first events may arrive while it is being stored.
    this.mine.add(identity.turn);
    this.open.set(identity.turn, { sentences: undefined, spoken: 0 });
    // A turn's words count from its own recording's start.
    const words = result.words.map((word) => ({
      ...word,
      startMs: Math.max(0, word.startMs - startMs),
      endMs: Math.max(0, word.endMs - startMs),
    }));
    const { speak, voice } = this.query;
    const transcript = { text, language, words, measures, scores };
    await this.services.turns.startFromUtterance({ identity, transcript, pcm, reply: { speak, voice } });
    await this.client.send({
      type: 'TurnTaken',
      turn: identity.turn,
      session: this.session,
      utterance_id: result.utteranceId,
      url: `${this.services.publicUrl}/api/v1/turns/${identity.turn}`,
    });
  }

  private async sendSpeech(key: string): Promise<void> {
    const stored = await this.services.objects.get(key);
    if (stored) await this.client.sendBinary(Buffer.concat(await stored.content.toArray()));
  }
}
