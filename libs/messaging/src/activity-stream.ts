import { setTimeout as sleep } from 'node:timers/promises';
import { AckPolicy, DeliverPolicy, nanos, type Consumer, type ConsumerMessages, type JsMsg } from 'nats';
import {
  ACTIVITY_CONSUMER,
  activitySchema,
  activitySubject,
  STREAMS,
  type Activity,
} from '@parlance/contracts';
import type { Logger } from '@parlance/telemetry';
import { messageHeaders } from './message-headers.js';
import type { NatsConnection } from './nats-connection.js';
import { jetStreamErrorCode } from './streams.js';

/** An activity and its place in the stream. */
export interface StoredActivity {
  readonly sequence: number;
  readonly activity: Activity;
}

export interface Reading {
  /** Resolves when the reader has had what was stored when it began. */
  readonly caughtUp: Promise<void>;
  /** Ends the reading; resolves when the activity in progress is done. */
  close(): Promise<void>;
}

const PUBLISH_TIMEOUT_MS = 3_000;
const READ_AHEAD = 256;
const AGAIN_MS = 1_000;
const ACK_WAIT_MS = 10_000;
const FETCH_MS = 10_000;
const CONSUMER_EXISTS = 10148;

/** Stores an activity; the second time of the same one changes nothing. @throws the client's fault */
export async function publishActivity(connection: NatsConnection, activity: Activity): Promise<void> {
  const session = activity.kind === 'error' ? undefined : activity.session;
  const { tenant, id } = activity;
  const data = Buffer.from(JSON.stringify(activitySchema.parse(activity)));
  await connection.jetStream.publish(activitySubject(tenant, session), data, {
    msgID: `activity:${tenant}:${id}`,
    headers: messageHeaders({ tenant }),
    timeout: PUBLISH_TIMEOUT_MS,
  });
}

/** Reads every activity since a moment, in the order of the stream, on this process by itself; goes on through lost connections. */
export function followActivity(
  connection: NatsConnection,
  since: Date,
  push: (stored: StoredActivity) => void,
  logger: Logger,
): Reading {
  const caughtUp = Promise.withResolvers<void>();
  let messages: ConsumerMessages | undefined;
  let isClosed = false;
  const read = async (): Promise<void> => {
    const consumer = await connection.jetStream.consumers.get(STREAMS.activity.name, {
      deliver_policy: DeliverPolicy.StartTime,
      opt_start_time: since.toISOString(),
    });
    if ((await consumer.info()).num_pending === 0) caughtUp.resolve();
    messages = await consumer.consume({ max_messages: READ_AHEAD });
    for await (const message of messages) {
      const stored = decoded(message, logger);
      if (stored) push(stored);
      if (message.info.pending === 0) caughtUp.resolve();
    }
  };
  const reading = (async () => {
    while (!isClosed) {
      await read().catch((error: unknown) => {
        if (!isClosed) logger.warn({ err: error }, 'activities cannot be read just now, trying again');
      });
      if (!isClosed) await sleep(AGAIN_MS);
    }
  })();
  return {
    caughtUp: caughtUp.promise,
    close: async () => {
      isClosed = true;
      await messages?.close().catch(() => undefined);
      await reading;
    },
  };
}

/**
 * Reads every activity once over all processes, in the order of the stream: one at a time, and the next one when it is done. What a
 * process that dies had in hand is another's.
 */
export function shareActivity(
  connection: NatsConnection,
  handle: (stored: StoredActivity) => Promise<void>,
  logger: Logger,
): Pick<Reading, 'close'> {
  let isClosed = false;
  let fetching: ConsumerMessages | undefined;
  const fetchOne = async (consumer: Consumer): Promise<void> => {
    fetching = await consumer.fetch({ max_messages: 1, expires: FETCH_MS });
    for await (const message of fetching) {
      const stored = decoded(message, logger);
      try {
        if (stored) await handle(stored);
        await message.ackAck();
      } catch (error) {
        logger.warn({ err: error }, 'an activity could not be added up just now, trying again');
        message.nak(AGAIN_MS);
      }
    }
  };
  const reading = (async () => {
    while (!isClosed) {
      try {
        await ensureConsumer(connection);
        const consumer = await connection.jetStream.consumers.get(STREAMS.activity.name, ACTIVITY_CONSUMER);
        while (!isClosed) await fetchOne(consumer);
      } catch (error) {
        if (isClosed) return;
        logger.warn({ err: error }, 'activities cannot be read just now, trying again');
        await sleep(AGAIN_MS);
      }
    }
  })();
  return {
    close: async () => {
      isClosed = true;
      await fetching?.close().catch(() => undefined);
      await reading;
    },
  };
}

async function ensureConsumer({ manager }: NatsConnection): Promise<void> {
  const configuration = {
    durable_name: ACTIVITY_CONSUMER,
    ack_policy: AckPolicy.Explicit,
    deliver_policy: DeliverPolicy.All,
    ack_wait: nanos(ACK_WAIT_MS),
    // One behind the other, whoever has it: sums tell by the last sequence what they have already.
    max_ack_pending: 1,
  };
  try {
    await manager.consumers.add(STREAMS.activity.name, configuration);
  } catch (error) {
    if (jetStreamErrorCode(error) !== CONSUMER_EXISTS) throw error;
  }
}

function decoded(message: JsMsg, logger: Logger): StoredActivity | undefined {
  try {
    const activity = activitySchema.parse(JSON.parse(message.string()));
    return { sequence: message.seq, activity };
  } catch (error) {
    logger.warn({ err: error, subject: message.subject }, 'an activity does not fit its schema, skipped');
    return undefined;
  }
}
