import type { ProcessName } from '../support/platform.js';

/** What a turn's client is told of it, in the words of every API. */
export type EventKind = 'sentence' | 'speech' | 'reply' | 'feedback' | 'failed';

/** An event of a session; its sequence is its id. */
export interface SeenEvent {
  readonly sequence: number;
  readonly turn: string;
  readonly kind: EventKind;
  /** Of a sentence and its speech. */
  readonly index?: number | undefined;
  /** Of a reply: how many sentences it has. */
  readonly sentences?: number | undefined;
}

/** A turn that the platform has acknowledged. Times are milliseconds of a monotonic clock. */
export interface LedgerTurn {
  readonly id: string;
  readonly session: string;
  readonly client: string;
  /** When the client had said all: of an upload, when its first try began. */
  readonly begunAt: number;
  /** When the client had the whole reply with its sound. */
  endedAt?: number;
}

/** A process that was killed, and was ready again. */
export interface Crash {
  readonly name: ProcessName;
  readonly killedAt: number;
  readonly readyAt: number;
}

/** Keeps all that clients are promised and told while processes are killed. */
export class TurnLedger {
  readonly turns = new Map<string, LedgerTurn>();
  readonly crashes: Crash[] = [];
  /** What each client was told of its session, over all its connections. */
  readonly seen = new Map<string, SeenEvent[]>();
  /** Tries that were not acknowledged, and made again. */
  readonly repeated = new Map<string, number>();
  /** Connections that were opened again after the first one. */
  readonly resumed = new Map<string, number>();

  acknowledge(turn: LedgerTurn): void {
    if (!this.turns.has(turn.id)) this.turns.set(turn.id, turn);
  }

  complete(id: string, endedAt: number): void {
    const turn = this.turns.get(id);
    if (turn) turn.endedAt ??= endedAt;
  }

  see(client: string, event: SeenEvent): void {
    const events = this.seen.get(client) ?? [];
    events.push(event);
    this.seen.set(client, events);
  }

  repeat(client: string): void {
    this.repeated.set(client, (this.repeated.get(client) ?? 0) + 1);
  }

  resume(client: string): void {
    this.resumed.set(client, (this.resumed.get(client) ?? 0) + 1);
  }

  /** Whether a client was told the whole reply to a turn: its text, and of each sentence what became of its sound. */
  isAnswered(client: string, turn: string): boolean {
    const events = (this.seen.get(client) ?? []).filter((event) => event.turn === turn);
    const reply = events.find(({ kind }) => kind === 'reply');
    const spoken = new Set(events.filter(({ kind }) => kind === 'speech').map(({ index }) => index));
    return reply !== undefined && spoken.size === reply.sentences;
  }
}
