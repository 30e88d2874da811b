import { until } from '../support/until.js';
import type { SeenEvent, TurnLedger } from './turn-ledger.js';

/** Longest wait for a connection, an acknowledgement or a whole reply. */
const LIMIT_MS = 60_000;
const RETRY_MS = 100;

/** One connection of a client, of whatever API. */
export interface LiveConnection {
  /** Whether it is of no use any more, or its session has to be joined anew. */
  readonly isOver: boolean;
  readonly session: string;
  /** All that came, in order: turns that were acknowledged and events of the session. */
  read(): readonly (SeenEvent | { readonly taken: string })[];
  /** Says one utterance. Rejects, or `isOver`, where the platform does not listen to its end.
   *  @param said  called when all is sent */
  speak(said: () => void): Promise<void>;
  /** The reply has been played. */
  played(turn: string): Promise<void>;
  close(): void;
}

/** A client that speaks one utterance after the other in one session, and comes back where it left off. */
export class LiveClient {
  session: string | undefined;
  private connection: LiveConnection | undefined;
  private read = 0;
  /** Sequence of the last event it got. */
  private after = 0;
  private spokenAt = 0;
  private readonly open = new Set<string>();
  private isFirst = true;

  constructor(
    readonly name: string,
    private readonly ledger: TurnLedger,
    private readonly connect: (session: string | undefined, after: number) => Promise<LiveConnection>,
  ) {}

  /** Speaks until the utterance is acknowledged as a turn, and waits for the whole reply. */
  async completeTurn(): Promise<void> {
    for (let isTaken = false; !isTaken;) {
      isTaken = await this.speakOnce();
      if (!isTaken) this.ledger.repeat(this.name);
    }
    await until(async () => {
      await this.follow();
      return this.open.size === 0;
    }, LIMIT_MS);
  }

  /** Gets what has come, over a new connection where the last one is over. */
  async follow(): Promise<LiveConnection> {
    let { connection } = this;
    if (connection) this.drain(connection);
    if (!connection || connection.isOver) {
      connection?.close();
      connection = await this.reconnect();
    }
    this.drain(connection);
    for (const turn of this.open)
      if (this.endTurn(turn)) await connection.played(turn).catch(() => undefined);
    return connection;
  }

  close(): void {
    this.connection?.close();
  }

  private async speakOnce(): Promise<boolean> {
    const connection = await this.follow();
    const before = this.open.size;
    const speaking = connection.speak(() => (this.spokenAt = performance.now()));
    const isSaid = await speaking.then(
      () => true,
      () => false,
    );
    if (!isSaid) {
      // As a person who is told that nobody listened, and tries again.
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      return false;
    }
    await until(() => {
      this.drain(connection);
      return connection.isOver || this.open.size > before;
    }, LIMIT_MS);
    return this.open.size > before;
  }

  private async reconnect(): Promise<LiveConnection> {
    const opened = await until(() => this.connect(this.session, this.after).catch(() => undefined), LIMIT_MS);
    if (!this.isFirst) this.ledger.resume(this.name);
    this.isFirst = false;
    this.connection = opened;
    this.session = opened.session;
    this.read = 0;
    return opened;
  }

  private drain(connection: LiveConnection): void {
    const all = connection.read();
    for (; this.read < all.length; this.read += 1) {
      const event = all[this.read]!;
      if ('taken' in event) {
        const { session = '', name: client, spokenAt: begunAt } = this;
        this.ledger.acknowledge({ id: event.taken, session, client, begunAt });
        this.open.add(event.taken);
      } else {
        this.ledger.see(this.name, event);
        this.after = Math.max(this.after, event.sequence);
      }
    }
  }

  private endTurn(turn: string): boolean {
    if (!this.ledger.isAnswered(this.name, turn)) return false;
    this.ledger.complete(turn, performance.now());
    return this.open.delete(turn);
  }
}
