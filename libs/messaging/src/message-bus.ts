import { Inject, Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import type { Subscription } from 'nats';
import {
  activitySubject,
  announcementSubject,
  sessionEventsFilter,
  STREAMS,
  WORK,
  type Activity,
  type TurnEvent,
} from '@parlance/contracts';
import { AppError } from '@parlance/errors';
import { atMost } from '@parlance/resilience';
import { LOGGER, type Logger } from '@parlance/telemetry';
import {
  followActivity,
  publishActivity,
  shareActivity,
  type Reading,
  type StoredActivity,
} from './activity-stream.js';
import { DeadLetters } from './dead-letters.js';
import { MessagePublisher, type WorkName, type WorkPayloads } from './message.publisher.js';
import { NatsConnection } from './nats-connection.js';
import { SessionWatch } from './session-watch.js';
import { ensureStreams } from './streams.js';
import { WorkLag } from './work-lag.js';
import { WorkConsumer, type WorkKind } from './work.consumer.js';
import { removeWaitingWork } from './waiting-work.js';
import type { WorkHandler, WorkOptions } from './work-handler.js';

const CLOSE_LIMIT_MS = 2_000;

/** Durable messages between processes: work is done once by someone, events reach whoever watches the session. */
@Injectable()
export class MessageBus implements OnModuleInit, OnApplicationShutdown {
  /** Work that failed for good. */
  readonly deadLetters: DeadLetters;
  private readonly publisher: MessagePublisher;
  private readonly lag: WorkLag;
  private readonly consumers: { drain(): Promise<void> }[] = [];
  private readonly watches = new Set<SessionWatch>();

  constructor(
    private readonly connection: NatsConnection,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    this.publisher = new MessagePublisher(connection);
    this.deadLetters = new DeadLetters(connection);
    this.lag = new WorkLag(connection, logger);
  }

  /** Makes the streams this platform uses, before anything is published or consumed. */
  async onModuleInit(): Promise<void> {
    await ensureStreams(this.connection.manager);
    this.lag.start();
  }

  /** Resolves once the server has stored the message; a second publish of the same fact changes nothing.
   *  @throws AppError upstream.unavailable after its retries */
  async publishWork<Name extends WorkName>(name: Name, message: WorkPayloads[Name]): Promise<void> {
    await this.publisher.publishWork(name, message);
  }

  /** As `publishWork`, for what clients may see. */
  async publishEvent(event: TurnEvent): Promise<void> {
    await this.publisher.publishEvent(event);
  }

  /** Starts handling one kind of work; processes share it. Drained by `drain`. */
  async consumeWork<Name extends WorkName>(
    name: Name,
    handler: WorkHandler<WorkPayloads[Name]>,
    options: WorkOptions = {},
  ): Promise<void> {
    const kind = WORK[name] as unknown as WorkKind<WorkPayloads[Name]>;
    const consumer = new WorkConsumer(this.connection, this.publisher, kind, handler, options, this.logger);
    await consumer.start();
    this.consumers.push(consumer);
  }

  /** Watches a session's events from a stream sequence on. Close it, or leave its loop, to free it. */
  async watchSession(session: string, fromSequence = 1): Promise<SessionWatch> {
    const watch = await SessionWatch.open(this.connection, session, fromSequence, this.logger);
    this.watches.add(watch);
    void watch.closed.then(() => this.watches.delete(watch));
    return watch;
  }

  /** Stores what happened, for usage analytics; the second time of the same changes nothing. @throws AppError upstream.unavailable */
  async publishActivity(activity: Activity): Promise<void> {
    this.connection.assertConnected();
    await publishActivity(this.connection, activity);
  }

  /** Every activity since a moment, for this process. Close it to free it. */
  followActivity(since: Date, push: (stored: StoredActivity) => void): Reading {
    return followActivity(this.connection, since, push, this.logger);
  }

  /** Every activity once over all processes, in order. Drained by `drain`. */
  shareActivity(handle: (stored: StoredActivity) => Promise<void>): void {
    const reading = shareActivity(this.connection, handle, this.logger);
    this.consumers.push({ drain: () => reading.close() });
  }

  /** Removes a session's events, its activities, its work that waits, and its work that failed for good. */
  async forgetSession(tenant: string, session: string): Promise<void> {
    try {
      const filter = sessionEventsFilter(session);
      await this.connection.manager.streams.purge(STREAMS.events.name, { filter });
      const activities = { filter: activitySubject(tenant, session) };
      await this.connection.manager.streams.purge(STREAMS.activity.name, activities);
    } catch (cause) {
      throw new AppError('upstream.unavailable', 'The message bus is not reachable just now.', { cause });
    }
    await removeWaitingWork(this.connection, tenant, session);
    await this.deadLetters.removeSession(tenant, session);
  }

  /** Tells every process that listens to the channel just now, this one included; nobody is waited for.
   *  @throws AppError upstream.unavailable while the connection is down */
  announce(channel: string, data: Uint8Array): void {
    this.connection.assertConnected();
    this.connection.raw.publish(announcementSubject(channel), data);
  }

  /** Listens to a channel from now on. Close it to free it. @throws AppError upstream.unavailable once the bus is closed */
  announcements(channel: string): Announcements {
    return new Announcements(this.connection.subscribe(announcementSubject(channel)));
  }

  async isReady(): Promise<boolean> {
    return this.connection.isReady();
  }

  /** Stops pulling work; resolves when the deliveries in progress have ended. */
  async drain(): Promise<void> {
    await Promise.all(this.consumers.splice(0).map((consumer) => consumer.drain()));
  }

  /** Drains, ends watches, sends what is queued and disconnects. */
  async close(): Promise<void> {
    await Promise.all([this.drain(), this.lag.stop()]);
    await atMost(CLOSE_LIMIT_MS, Promise.all([...this.watches].map((watch) => watch.close())));
    await this.connection.close();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.close();
  }
}

/** What is announced on a channel from now on, over core NATS: nothing is kept, and what is said while the connection is
 *  lost is not delivered later. Iterate once; ends when closed. */
export class Announcements implements AsyncIterable<Uint8Array> {
  constructor(private readonly subscription: Subscription) {}

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    for await (const { data } of this.subscription) yield data;
  }

  close(): void {
    this.subscription.unsubscribe();
  }
}
