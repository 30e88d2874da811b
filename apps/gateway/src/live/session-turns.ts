import { ulid } from 'ulid';
import type { AssessmentJson, TurnIdentity } from '@parlance/contracts';
import type { MessageBus, ObjectStore, SessionEvent, SessionWatch } from '@parlance/messaging';
import { extractTrace, histogram, ownTrace, SpanKind, startSpan, withSpan } from '@parlance/telemetry';
import type { ReplyOptions } from '../turns/turn-transcript.js';
import type { TurnService } from '../turns/turn.service.js';
import type { QuotaSubject } from '../quotas/quota-subject.js';
import { EventQueue } from './event-queue.js';
import type { RecognizedUtterance } from './listening.js';

/** What SessionTurns needs of the gateway. */
export interface TurnServices {
  readonly turns: TurnService;
  readonly bus: MessageBus;
  readonly objects: ObjectStore;
}

export interface SessionTurnsOptions {
  readonly tenant: string;
  readonly session: string;
  /** Events behind this sequence are given (again), whoever started their turns; undefined: only those of turns started here. */
  readonly after: number | undefined;
  /** Whom turns are counted for. */
  readonly usedBy: QuotaSubject;
}

/** An utterance that is stored as a turn. */
export interface TurnTaken {
  readonly identity: TurnIdentity;
  readonly utteranceId: string;
}

/** What a session's client is told about its turns. `fault`: an utterance did not become the turn. */
export type SessionTurnEvent =
  | { readonly kind: 'taken'; readonly taken: TurnTaken }
  | ({ readonly kind: 'assessed'; readonly assessment: AssessmentJson } & TurnTaken)
  | { readonly kind: 'event'; readonly arrived: SessionEvent }
  | { readonly kind: 'fault'; readonly error: unknown; readonly turn?: string };

/** A turn whose answer is still being told. */
interface OpenTurn {
  /** Known once the reply is whole. */
  sentences: number | undefined;
  spoken: number;
  /** When it was opened, by `performance.now()`; undefined once the first audio of its reply is there. */
  waitsForAudioSince: number | undefined;
}

/** Utterances whose assessment is waited for, at most; the oldest is forgotten. */
const MOST_UNASSESSED = 16;

const firstAudio = () => histogram('parlance_turn_first_audio_seconds');

/** Makes a session's utterances into turns, and yields the session's events, whatever API its client speaks. Iterate once. */
export class SessionTurns implements AsyncIterable<SessionTurnEvent> {
  /** Turns started here whose answers the client still waits for. */
  private readonly open = new Map<string, OpenTurn>();
  private readonly mine = new Set<string>();
  /** Turns that are being stored: what happens to one is told after it is. */
  private readonly storing = new Map<string, Promise<void>>();
  private readonly events = new EventQueue<SessionTurnEvent>();
  private started: Promise<void> = Promise.resolve();
  /** Turns of utterances whose assessment may follow. */
  private readonly unassessed = new Map<string, string>();
  /** Recordings of turns that are on their way to the store. */
  private readonly recording = new Set<Promise<void>>();
  private allAnswered: () => void = () => undefined;

  private constructor(
    private readonly services: TurnServices,
    private readonly options: SessionTurnsOptions,
    private readonly watch: SessionWatch,
  ) {
    this.passEvents().then(
      () => this.events.end(),
      (error: Error) => this.events.fail(error),
    );
  }

  /** @throws AppError upstream.unavailable */
  static async open(services: TurnServices, options: SessionTurnsOptions): Promise<SessionTurns> {
    const watch = await services.bus.watchSession(options.session, (options.after ?? 0) + 1);
    return new SessionTurns(services, options, watch);
  }

  /** Whether the client is told of the turn. */
  follows(turn: string): boolean {
    return this.options.after !== undefined || this.mine.has(turn);
  }

  get session(): string {
    return this.options.session;
  }

  /** The session's events behind this sequence are given. */
  get after(): number {
    return this.watch.startSequence - 1;
  }

  /** Ends when closed. An event counts as told once the next one is asked for. @throws AppError upstream.unavailable */
  async *[Symbol.asyncIterator](): AsyncGenerator<SessionTurnEvent> {
    for await (const event of this.events) {
      if (event.kind !== 'event') {
        yield event;
        continue;
      }
      const span = deliverySpan(event.arrived);
      try {
        yield event;
      } finally {
        span.end();
      }
      this.account(event.arrived);
    }
  }

  /** Makes an utterance a turn, in the order spoken. The turn is answered even when the client has left.
   *  @param turn  its id */
  push(utterance: RecognizedUtterance, reply: ReplyOptions, turn = ulid()): void {
    if (utterance.result.text.trim() === '') return;
    this.expectAssessment(utterance.result.utteranceId, turn);
    this.started = this.started
      .then(() => this.startTurn(utterance, reply, turn))
      .catch((error: unknown) => this.events.put({ kind: 'fault', error, turn }));
  }

  /** Keeps how an utterance was spoken, once it is a turn; nothing where it is none. */
  assess(utteranceId: string, assessment: AssessmentJson): void {
    const turn = this.unassessed.get(utteranceId);
    if (turn === undefined) return;
    this.unassessed.delete(utteranceId);
    const { tenant, session } = this.options;
    const identity = { tenant, session, turn };
    this.started = this.started
      .then(() => this.services.turns.recordAssessment(identity, assessment))
      .then(() => this.events.put({ kind: 'assessed', identity, utteranceId, assessment }))
      .catch((error: unknown) => this.events.put({ kind: 'fault', error, turn }));
  }

  /** Makes a text a turn; resolves when it is one. @param turn  its id @returns whose events answer it
   *  @throws AppError session.ended, store.unavailable, upstream.unavailable */
  async pushText(text: string, language: string, reply: ReplyOptions, turn = ulid()): Promise<TurnIdentity> {
    const identity = this.openTurn(turn);
    const started = this.started.then(() =>
      this.services.turns.startFromText({ identity, text, language, reply, usedBy: this.options.usedBy }),
    );
    this.started = started.catch(() => undefined);
    try {
      await started;
    } catch (error) {
      this.closeTurn(identity.turn);
      throw error;
    }
    return identity;
  }

  /** The audio of a sentence that is ready; undefined where it is no longer kept. */
  async speech(key: string): Promise<Buffer | undefined> {
    const stored = await this.services.objects.get(key);
    return stored && Buffer.concat(await stored.content.toArray());
  }

  /** Resolves when every utterance pushed is a turn, and the reader knows it. */
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

  /** Resolves when every utterance pushed is stored as a turn, with its recording. */
  async close(): Promise<void> {
    this.events.abandon();
    await this.started;
    await Promise.all(this.recording);
    await this.watch.close();
    this.allAnswered();
  }

  private expectAssessment(utteranceId: string, turn: string): void {
    this.unassessed.set(utteranceId, turn);
    const [oldest] = this.unassessed.keys();
    if (this.unassessed.size > MOST_UNASSESSED && oldest !== undefined) this.unassessed.delete(oldest);
  }

  private async passEvents(): Promise<void> {
    for await (const arrived of this.watch) {
      const { turn } = arrived.event.data.identity;
      if (!this.follows(turn)) continue;
      await this.storing.get(turn);
      if (arrived.event.name === 'speech.ready') this.noteFirstAudio(turn);
      await this.events.put({ kind: 'event', arrived });
    }
  }

  private noteFirstAudio(turn: string): void {
    const state = this.open.get(turn);
    if (state?.waitsForAudioSince === undefined) return;
    firstAudio().observe((performance.now() - state.waitsForAudioSince) / 1_000);
    state.waitsForAudioSince = undefined;
  }

  private account({ event }: SessionEvent): void {
    const { turn } = event.data.identity;
    const state = this.open.get(turn);
    if (!state) return;
    if (event.name === 'turn.replied') state.sentences = event.data.speak ? event.data.sentences : 0;
    if (event.name === 'speech.ready' || event.name === 'speech.failed') state.spoken += 1;
    if (event.name !== 'turn.failed' && state.spoken < (state.sentences ?? Infinity)) return;
    this.closeTurn(turn);
  }

  private openTurn(turn: string): TurnIdentity {
    const { tenant, session } = this.options;
    const identity = { tenant, session, turn };
    // Before the turn starts: its first events may arrive while it is being stored.
    this.mine.add(identity.turn);
    this.open.set(identity.turn, {
      ...{ sentences: undefined, spoken: 0 },
      waitsForAudioSince: performance.now(),
    });
    return identity;
  }

  private closeTurn(turn: string): void {
    this.open.delete(turn);
    if (this.open.size === 0) this.allAnswered();
  }

  private async startTurn(
    { result, pcm, degraded }: RecognizedUtterance,
    reply: ReplyOptions,
    turn: string,
  ): Promise<void> {
    const { text, language, startMs, measures, scores, utteranceId } = result;
    const identity = this.openTurn(turn);
    const { promise: stored, resolve: isStored } = Promise.withResolvers<void>();
    this.storing.set(identity.turn, stored);
    // A turn's words count from its own recording's start.
    const words = result.words.map((word) => ({
      ...word,
      startMs: Math.max(0, word.startMs - startMs),
      endMs: Math.max(0, word.endMs - startMs),
    }));
    const transcript = { text, language, words, measures, scores, degraded };
    try {
      const { usedBy } = this.options;
      const utterance = { identity, transcript, pcm, reply, usedBy };
      // A conversation may last for hours, and what is kept of traces is decided once they have ended. The recognition is in that one,
      // where its spans have the utterance's id.
      const { recorded } = await withSpan(
        'turn.start',
        { ...ownTrace(), identity: { ...identity, utterance: utteranceId } },
        () => this.services.turns.startFromUtterance(utterance),
      );
      this.recording.add(recorded);
      void recorded.then(() => this.recording.delete(recorded));
      await this.events.put({ kind: 'taken', taken: { identity, utteranceId } });
    } finally {
      this.storing.delete(identity.turn);
      isStored();
    }
  }
}

/** The last hop of a turn: its trace lasts until the client has been told. */
function deliverySpan({ event, headers }: SessionEvent) {
  const { name, data } = event;
  return startSpan(`deliver ${name}`, {
    kind: SpanKind.CONSUMER,
    parent: extractTrace(headers),
    identity: data.identity,
    attributes: { 'messaging.system': 'nats', 'messaging.operation.type': 'receive' },
  });
}
