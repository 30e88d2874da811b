import { setTimeout as sleep } from 'node:timers/promises';
import { AckPolicy, DeliverPolicy, nanos, type Consumer, type ConsumerMessages } from 'nats';
import type { z } from 'zod';
import { STREAMS } from '@parlance/contracts';
import { Bulkhead } from '@parlance/resilience';
import type { Logger } from '@parlance/telemetry';
import type { MessagePublisher } from './message.publisher.js';
import type { NatsConnection } from './nats-connection.js';
import { jetStreamErrorCode } from './streams.js';
import { WorkDelivery, type DeliveryParts } from './work-delivery.js';
import { WORK_DEFAULTS, type WorkHandler, type WorkOptions } from './work-handler.js';

/** Postponed and running messages of all processes together; beyond it the server holds deliveries back. */
const MAX_UNACKNOWLEDGED = 1_000;
const CONSUMER_EXISTS = 10148;
const PULL_EXPIRES_MS = 20_000;
export interface WorkKind<Message> {
  readonly subject: string;
  readonly schema: z.ZodType<Message>;
  /** Durable name: processes with the same one share the work. */
  readonly consumer: string;
}

/** Pulls one kind of work from the queue. Each slot asks for one message at a time, so that nothing waits here
 *  for a handler while its acknowledgement clock runs. */
export class WorkConsumer<Message> {
  private readonly stopping = new AbortController();
  private readonly pulls = new Set<ConsumerMessages>();
  private readonly deliveries = new Set<Promise<void>>();
  private readonly parts: DeliveryParts<Message>;
  private readonly rate: StartRate;
  private slots: Promise<void>[] = [];

  constructor(
    private readonly connection: NatsConnection,
    publisher: MessagePublisher,
    private readonly kind: WorkKind<Message>,
    handler: WorkHandler<Message>,
    options: WorkOptions,
    private readonly logger: Logger,
  ) {
    const complete = { ...WORK_DEFAULTS, ...options };
    this.rate = new StartRate(complete.ratePerSecond);
    this.parts = {
      subject: kind.subject,
      schema: kind.schema,
      handler,
      options: complete,
      publisher,
      secondTries: new Bulkhead({
        limit: complete.concurrency,
        queue: MAX_UNACKNOWLEDGED,
        refusal: 'upstream.unavailable',
        message: 'Too many messages are waiting for their turn.',
      }),
      logger,
      stopping: this.stopping.signal,
    };
  }

  /** Makes the durable consumer and starts pulling. */
  async start(): Promise<void> {
    await this.ensureConsumer();
    this.slots = Array.from({ length: this.parts.options.concurrency }, () => this.work());
  }

  /** Stops pulling, returns postponed messages to the server, and resolves when the deliveries in progress have ended. */
  async drain(): Promise<void> {
    this.stopping.abort();
    for (const pull of this.pulls) void pull.close();
    await Promise.all(this.slots);
    await Promise.all(this.deliveries);
    await this.connection.raw.flush().catch(() => undefined);
  }

  private async work(): Promise<void> {
    while (!this.stopping.signal.aborted) {
      try {
        await this.rate.next(this.stopping.signal);
        await this.pullOne();
      } catch (error) {
        if (this.stopping.signal.aborted) return;
        this.logger.warn({ err: error, subject: this.kind.subject }, 'pulling work failed, trying again');
        await new Promise((resolve) => setTimeout(resolve, 1_000));
        await this.ensureConsumer().catch(() => undefined);
      }
    }
  }

  private async pullOne(): Promise<void> {
    const consumer = await this.consumer();
    const pull = await consumer.fetch({ max_messages: 1, expires: PULL_EXPIRES_MS });
    this.pulls.add(pull);
    if (this.stopping.signal.aborted) void pull.close();
    try {
      for await (const message of pull) {
        const { slotFree, ended } = new WorkDelivery(message, this.parts).start();
        this.deliveries.add(ended);
        void ended.finally(() => this.deliveries.delete(ended));
        await slotFree;
      }
    } finally {
      this.pulls.delete(pull);
    }
  }

  private bound: Consumer | undefined;

  private async consumer(): Promise<Consumer> {
    this.bound ??= await this.connection.jetStream.consumers.get(STREAMS.work.name, this.kind.consumer);
    return this.bound;
  }

  private async ensureConsumer(): Promise<void> {
    this.bound = undefined;
    const { consumers } = this.connection.manager;
    const configuration = {
      durable_name: this.kind.consumer,
      filter_subject: this.kind.subject,
      ack_policy: AckPolicy.Explicit,
      deliver_policy: DeliverPolicy.All,
      ack_wait: nanos(this.parts.options.ackWaitMs),
      max_ack_pending: MAX_UNACKNOWLEDGED,
      // Counted here instead: the server would drop a message silently, we tell the client and keep a dead letter.
      max_deliver: -1,
    };
    try {
      await consumers.add(STREAMS.work.name, configuration);
    } catch (error) {
      // Made by a process of another version.
      if (jetStreamErrorCode(error) !== CONSUMER_EXISTS) throw error;
      await consumers.update(STREAMS.work.name, this.kind.consumer, configuration);
    }
  }
}

/** Spaces the starts of work evenly, so many a second at most. */
export class StartRate {
  private nextAt = 0;

  /** @param perSecond  0: as they come */
  constructor(
    private readonly perSecond: number,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** Resolves when the next one may start, or the signal fires. */
  async next(signal: AbortSignal): Promise<void> {
    if (this.perSecond === 0) return;
    const at = Math.max(this.now(), this.nextAt);
    this.nextAt = at + 1_000 / this.perSecond;
    await sleep(at - this.now(), undefined, { signal }).catch(() => undefined);
  }
}
