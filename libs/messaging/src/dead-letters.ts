import { headers, type JetStreamManager, type MsgRequest, type StoredMsg } from 'nats';
import { STREAMS, WORK, type RequestIdentity } from '@parlance/contracts';
import { AppError } from '@parlance/errors';
import type { Logger } from '@parlance/telemetry';
import { DEAD_LETTER_HEADERS, headerIdentity, headerRecord, REQUEUED } from './message-headers.js';
import { NatsConnection } from './nats-connection.js';
import { jetStreamErrorCode } from './streams.js';

const PREFIX = 'parlance.dead.';
const NO_MESSAGE = 10037;
/** Headers that are ours to see; what others put there may be a secret. */
const OWN_HEADER = /^(parlance-[a-z-]+|traceparent|Nats-Msg-Id)$/;

/** Work that failed for good. */
export interface DeadLetter {
  /** Its place in the stream of dead letters, by which it is asked for. */
  readonly sequence: number;
  /** Where the work was published. */
  readonly subject: string;
  readonly failedAt: Date;
  /** The fault of the last delivery. */
  readonly code: string;
  readonly message: string;
  readonly deliveries: number;
  readonly identity: Partial<RequestIdentity>;
  /** Of the work, W3C; empty where it had none. */
  readonly traceId: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The work as its schema knows it; undefined where it does not fit, and then it is not shown. */
  readonly payload: unknown;
  readonly bytes: number;
}

/** The dead letters, for a person: to look at, and to be done again after all. */
export class DeadLetters {
  constructor(private readonly connection: NatsConnection) {}

  /** Connects by itself, for programs that use nothing else of the bus. `close` ends the connection.
   *  @throws AppError upstream.unavailable */
  static async open(natsUrl: string, name: string, logger: Logger): Promise<DeadLetters> {
    return new DeadLetters(await NatsConnection.open({ natsUrl, name, connectTimeoutMs: 5_000 }, logger));
  }

  /** Oldest first. @param after  only those behind this sequence */
  async *list(after = 0): AsyncGenerator<DeadLetter> {
    for (let sequence = after + 1; ;) {
      const stored = await this.next(sequence);
      if (!stored) return;
      sequence = stored.seq + 1;
      yield deadLetterOf(stored);
    }
  }

  /** @throws AppError request.not_found */
  async get(sequence: number): Promise<DeadLetter> {
    return deadLetterOf(await this.stored(sequence));
  }

  /** Publishes the work again and forgets the dead letter. Whoever does the work withdraws the failure that was told.
   *  A second call of the same sequence finds nothing; one after a crash in between publishes nothing twice.
   *  @throws AppError request.not_found, request.invalid where no version of today could do the work */
  async requeue(sequence: number): Promise<DeadLetter> {
    const stored = await this.stored(sequence);
    const letter = deadLetterOf(stored);
    if (letter.payload === undefined)
      throw new AppError(
        'request.invalid',
        `Dead letter ${sequence} does not fit its schema: it would fail again.`,
      );
    const id = `requeued:${sequence}:${stored.time.getTime()}`;
    await this.connection.jetStream.publish(letter.subject, stored.data, {
      msgID: id,
      headers: requeuedHeaders(letter, id),
    });
    await this.remove(sequence);
    return letter;
  }

  /** Forgets the dead letter: the work is never done. @throws AppError request.not_found */
  async discard(sequence: number): Promise<void> {
    await this.stored(sequence);
    await this.remove(sequence);
  }

  /** Removes every dead letter of a session. */
  async removeSession(tenant: string, session: string): Promise<void> {
    for await (const { sequence, identity } of this.list())
      if (identity.tenant === tenant && identity.session === session) await this.remove(sequence);
  }

  async close(): Promise<void> {
    await this.connection.close();
  }

  private async next(sequence: number): Promise<StoredMsg | undefined> {
    // The server knows this request, the client's types leave it out.
    return this.find({ seq: sequence, next_by_subj: `${PREFIX}>` } as unknown as MsgRequest);
  }

  private async stored(sequence: number): Promise<StoredMsg> {
    const found = await this.find({ seq: sequence });
    if (!found) throw new AppError('request.not_found', `There is no dead letter ${sequence} (any more).`);
    return found;
  }

  private async find(query: MsgRequest): Promise<StoredMsg | undefined> {
    try {
      return await this.manager.streams.getMessage(STREAMS.deadLetters.name, query);
    } catch (cause) {
      if (jetStreamErrorCode(cause) === NO_MESSAGE) return undefined;
      throw new AppError('upstream.unavailable', 'The dead letters could not be read just now.', { cause });
    }
  }

  private async remove(sequence: number): Promise<void> {
    await this.manager.streams
      .deleteMessage(STREAMS.deadLetters.name, sequence, false)
      .catch((error: unknown) => {
        // Somebody else removed it meanwhile.
        if (jetStreamErrorCode(error) !== NO_MESSAGE) throw error;
      });
  }

  private get manager(): JetStreamManager {
    return this.connection.manager;
  }
}

function deadLetterOf(stored: StoredMsg): DeadLetter {
  const all = headerRecord(stored.header);
  const subject = stored.subject.slice(PREFIX.length);
  return {
    sequence: stored.seq,
    subject,
    failedAt: stored.time,
    code: all[DEAD_LETTER_HEADERS.code] ?? '',
    message: all[DEAD_LETTER_HEADERS.message] ?? '',
    deliveries: Number(all[DEAD_LETTER_HEADERS.deliveries] ?? 0),
    identity: headerIdentity(stored.header),
    traceId: all.traceparent?.split('-')[1] ?? '',
    headers: Object.fromEntries(Object.entries(all).filter(([name]) => OWN_HEADER.test(name))),
    payload: payloadOf(subject, stored),
    bytes: stored.data.length,
  };
}

/** Fields that the schema does not know are left out. */
function payloadOf(subject: string, stored: StoredMsg): unknown {
  const kind = Object.values(WORK).find((one) => one.subject === subject);
  try {
    return kind?.schema.parse(JSON.parse(stored.string()));
  } catch {
    return undefined;
  }
}

/** Those of the work, without those of its failure. */
function requeuedHeaders(letter: DeadLetter, id: string) {
  const result = headers();
  const ofFailure: readonly string[] = Object.values(DEAD_LETTER_HEADERS);
  for (const [name, value] of Object.entries(letter.headers))
    if (name !== 'Nats-Msg-Id' && !ofFailure.includes(name)) result.set(name, value);
  result.set(REQUEUED, id);
  return result;
}
