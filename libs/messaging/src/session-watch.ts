import { DeliverPolicy, type Consumer, type ConsumerMessages, type JsMsg } from 'nats';
import { eventNameOf, sessionEventsFilter, STREAMS, TURN_EVENTS, type TurnEvent } from '@parlance/contracts';
import { AppError } from '@parlance/errors';
import type { Logger } from '@parlance/telemetry';
import { headerRecord } from './message-headers.js';
import type { NatsConnection } from './nats-connection.js';

/** An event and its place in the stream; a client that comes back asks for `sequence + 1`. */
export interface SessionEvent {
  readonly sequence: number;
  readonly event: TurnEvent;
  /** Headers of the message, the trace it belongs to among them. */
  readonly headers: Readonly<Record<string, string>>;
}

/** Events fetched ahead of the reader; the stream keeps the rest. */
const READ_AHEAD = 32;

/** A session's events in order, past ones first, each once; on any process, through lost connections and restarts of
 *  the server. Ends when closed. */
export class SessionWatch implements AsyncIterable<SessionEvent> {
  private constructor(
    /** Sequence of the first event that can come. */
    readonly startSequence: number,
    private readonly consumer: Consumer,
    private readonly messages: ConsumerMessages,
    private readonly logger: Logger,
  ) {}

  /** @param fromSequence first sequence wanted; 1 for everything still kept (an hour); one that is still to come: what is
   *  published from now on
   *  @throws AppError upstream.unavailable */
  static async open(
    connection: NatsConnection,
    session: string,
    fromSequence: number,
    logger: Logger,
  ): Promise<SessionWatch> {
    await connection.whenConnected();
    try {
      const start = await startOf(connection, fromSequence);
      const consumer = await connection.jetStream.consumers.get(STREAMS.events.name, {
        filterSubjects: sessionEventsFilter(session),
        deliver_policy: DeliverPolicy.StartSequence,
        opt_start_seq: start,
      });
      const messages = await consumer.consume({ max_messages: READ_AHEAD, expires: 10_000 });
      return new SessionWatch(start, consumer, messages, logger);
    } catch (cause) {
      throw unavailable(cause);
    }
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<SessionEvent> {
    try {
      for await (const message of this.messages) {
        const event = this.decode(message);
        if (event) yield event;
      }
    } catch (cause) {
      throw unavailable(cause);
    } finally {
      await this.close();
    }
  }

  /** Resolves when the watch has ended. */
  get closed(): Promise<unknown> {
    return this.messages.closed();
  }

  /** Never rejects: it is called where nobody waits. */
  async close(): Promise<void> {
    await this.messages.close().catch(() => undefined);
    // The server would notice by itself, minutes later.
    await this.consumer.delete().catch(() => undefined);
  }

  private decode(message: JsMsg): SessionEvent | undefined {
    const name = eventNameOf(message.subject);
    if (!name) return undefined;
    try {
      const data = TURN_EVENTS[name].parse(JSON.parse(message.string()));
      const event = { name, data } as TurnEvent;
      return { sequence: message.seq, event, headers: headerRecord(message.headers) };
    } catch (error) {
      this.logger.warn({ err: error, subject: message.subject }, 'an event does not fit its schema, skipped');
      return undefined;
    }
  }
}

/** A client may know sequences that the stream has not: of a stream made anew, or none of ours. Whoever waited for those
 *  would see none of the events before them. */
async function startOf({ manager }: NatsConnection, fromSequence: number): Promise<number> {
  if (fromSequence <= 1) return 1;
  const { state } = await manager.streams.info(STREAMS.events.name);
  return Math.min(fromSequence, state.last_seq + 1);
}

function unavailable(cause: unknown): AppError {
  return new AppError('upstream.unavailable', 'The message bus is not reachable just now.', { cause });
}
