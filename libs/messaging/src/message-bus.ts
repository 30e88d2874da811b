import { Inject, Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { WORK, type TurnEvent } from '@parlance/contracts';
import { atMost } from '@parlance/resilience';
import { LOGGER, type Logger } from '@parlance/telemetry';
import { MessagePublisher, type WorkName, type WorkPayloads } from './message.publisher.js';
import { NatsConnection } from './nats-connection.js';
import { SessionWatch } from './session-watch.js';
import { ensureStreams } from './streams.js';
import { WorkConsumer, type WorkKind } from './work.consumer.js';
import type { WorkHandler, WorkOptions } from './work-handler.js';

const CLOSE_LIMIT_MS = 2_000;

/** Durable messages between processes: work is done once by someone, events reach whoever watches the session. */
@Injectable()
export class MessageBus implements OnModuleInit, OnApplicationShutdown {
  private readonly publisher: MessagePublisher;
  private readonly consumers: { drain(): Promise<void> }[] = [];
  private readonly watches = new Set<SessionWatch>();

  constructor(
    private readonly connection: NatsConnection,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    this.publisher = new MessagePublisher(connection);
  }

  /** Makes the streams this platform uses, before anything is published or consumed. */
  async onModuleInit(): Promise<void> {
    await ensureStreams(this.connection.manager);
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

  async isReady(): Promise<boolean> {
    return this.connection.isReady();
  }

  /** Stops pulling work; resolves when the deliveries in progress have ended. */
  async drain(): Promise<void> {
    await Promise.all(this.consumers.splice(0).map((consumer) => consumer.drain()));
  }

  /** Drains, ends watches, sends what is queued and disconnects. */
  async close(): Promise<void> {
    await this.drain();
    await atMost(CLOSE_LIMIT_MS, Promise.all([...this.watches].map((watch) => watch.close())));
    await this.connection.close();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.close();
  }
}
