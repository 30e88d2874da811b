import type { JsMsg } from 'nats';
import type { z } from 'zod';
import type { RequestIdentity } from '@parlance/contracts';
import { AppError, isAppError, toAppError } from '@parlance/errors';
import { withDeadline, type Bulkhead } from '@parlance/resilience';
import {
  counter,
  extractTrace,
  histogram,
  linksTo,
  runIn,
  SpanKind,
  withIdentity,
  withSpan,
  type Context,
  type Logger,
} from '@parlance/telemetry';
import { headerRecord, headerIdentity, REQUEUED } from './message-headers.js';
import type { MessagePublisher } from './message.publisher.js';
import { Postponed, type WorkHandler, type WorkOptions } from './work-handler.js';

/** Longest pause before a message is delivered again. */
const LONGEST_PAUSE_MS = 60_000;

export interface DeliveryParts<Message> {
  readonly subject: string;
  readonly schema: z.ZodType<Message>;
  readonly handler: WorkHandler<Message>;
  readonly options: Required<WorkOptions>;
  readonly publisher: MessagePublisher;
  /** Slots in which postponed messages are handled. */
  readonly secondTries: Bulkhead;
  readonly logger: Logger;
  /** Aborts when the consumer stops taking work. */
  readonly stopping: AbortSignal;
}

const outcomes = () => counter('parlance_messages_total');
const redeliveries = () => counter('parlance_messages_redelivered_total');
const waits = () => histogram('parlance_messages_wait_seconds');

/** The life of one delivered message: handled, then acknowledged, postponed, sent back or dead-lettered. */
export class WorkDelivery<Message> {
  private readonly identity: Partial<RequestIdentity>;
  private readonly parent: Context;
  private heartbeat: NodeJS.Timeout | undefined;

  constructor(
    private readonly message: JsMsg,
    private readonly parts: DeliveryParts<Message>,
  ) {
    this.identity = headerIdentity(message.headers);
    this.parent = withIdentity(extractTrace(headerRecord(message.headers)), this.identity);
  }

  /** `slotFree` resolves when this delivery's slot can have the next message: it has ended or is postponed. `ended` resolves when it has ended. */
  start(): { readonly slotFree: Promise<void>; readonly ended: Promise<void> } {
    const { subject } = this.parts;
    const { deliveryCount, timestampNanos } = this.message.info;
    if (deliveryCount > 1) redeliveries().inc({ subject });
    // The server's clock against ours: what they differ by is no waiting.
    else waits().observe({ subject }, Math.max(0, Date.now() - timestampNanos / 1_000_000) / 1_000);
    this.heartbeat = setInterval(() => this.beat(), this.parts.options.ackWaitMs / 3);
    let freeSlot: () => void = () => undefined;
    const slotFree = new Promise<void>((resolve) => (freeSlot = resolve));
    const ended = runIn(this.parent, () => this.live(freeSlot))
      // The server delivers the message again, to any process.
      .catch((error: unknown) =>
        this.parts.logger.warn({ err: error }, 'a delivery could not be finished; the server repeats it'),
      )
      .finally(() => {
        clearInterval(this.heartbeat);
        freeSlot();
      });
    return { slotFree, ended };
  }

  /** A connection that is closed meanwhile throws; the server then gives the message to another. */
  private beat(): void {
    try {
      this.message.working();
    } catch (error) {
      this.parts.logger.debug({ err: error }, 'a heartbeat was not sent');
    }
  }

  private async live(freeSlot: () => void): Promise<void> {
    let outcome = await this.attempt();
    while (outcome instanceof Postponed) {
      outcomes().inc({ subject: this.parts.subject, outcome: 'postponed' });
      freeSlot();
      await this.pause(outcome.delayMs);
      if (this.parts.stopping.aborted) return this.message.nak();
      outcome = await this.parts.secondTries.run(() => this.attempt());
    }
    await this.finish(outcome);
  }

  /** @returns undefined when handled, else the fault or the wish to be asked later */
  private async attempt(): Promise<AppError | Postponed | undefined> {
    const { options, subject, schema, handler } = this.parts;
    const delivery = this.message.info.deliveryCount;
    if (delivery > options.maxDeliveries)
      return new AppError('internal.unexpected', 'The work was interrupted too often.');
    const parsed = this.parse(schema);
    if (!parsed) return new AppError('request.invalid', 'The message does not fit its schema.');
    try {
      await withSpan(
        `process ${subject}`,
        {
          kind: SpanKind.CONSUMER,
          parent: this.parent,
          attributes: {
            'messaging.system': 'nats',
            'messaging.operation.type': 'process',
            'messaging.destination.name': subject,
            'parlance.delivery': delivery,
          },
          // Earlier attempts may have been made by a process that is gone: the link leads to the message they all had.
          links: delivery > 1 ? linksTo(this.parent, { 'parlance.link': 'redelivery' }) : [],
        },
        () =>
          this.limited((signal) => {
            const publishedAt = new Date(this.message.info.timestampNanos / 1_000_000);
            const isRequeued = this.message.headers?.has(REQUEUED) === true;
            const { identity } = this;
            return handler.handle(parsed.data, { identity, delivery, isRequeued, publishedAt, signal });
          }),
      );
      return undefined;
    } catch (error) {
      if (error instanceof Postponed) return error;
      this.parts.logger.warn({ err: error, subject, delivery }, 'handling failed');
      return isAppError(error) ? error : this.unexpected(error);
    }
  }

  private async finish(fault: AppError | undefined): Promise<void> {
    const { options, subject } = this.parts;
    const delivery = this.message.info.deliveryCount;
    if (!fault) {
      await this.message
        .ackAck()
        .catch(() => this.parts.logger.warn({ subject }, 'acknowledgement was lost'));
      outcomes().inc({ subject, outcome: 'handled' });
    } else if (fault.retryable && delivery < options.maxDeliveries) {
      this.message.nak(Math.round(this.pauseMs * (0.75 + Math.random() / 2)));
      outcomes().inc({ subject, outcome: 'retried' });
    } else await this.fail(fault);
  }

  private get pauseMs(): number {
    return Math.min(
      this.parts.options.retryMs * 2 ** (this.message.info.deliveryCount - 1),
      LONGEST_PAUSE_MS,
    );
  }

  private async fail(fault: AppError): Promise<void> {
    const { handler, publisher, logger, subject, schema } = this.parts;
    try {
      await handler.fail(fault, this.identity, this.parse(schema)?.data);
      await publisher.deadLetter(this.message, fault);
      this.message.term(fault.code);
      outcomes().inc({ subject, outcome: 'dead_lettered' });
      logger.error({ err: fault, subject }, 'work failed for good and is a dead letter');
    } catch (error) {
      logger.error({ err: error, subject }, 'recording failed work did not succeed, trying again');
      this.message.nak(this.pauseMs);
    }
  }

  private parse(schema: z.ZodType<Message>): { data: Message } | undefined {
    try {
      return { data: schema.parse(JSON.parse(this.message.string())) };
    } catch {
      return undefined;
    }
  }

  private async limited(work: (signal: AbortSignal) => Promise<void>): Promise<void> {
    const limit = new AbortController();
    await withDeadline(this.parts.options.handlingLimitMs, work(limit.signal), () => {
      limit.abort();
      throw new AppError('request.deadline_exceeded', 'The work took longer than its limit.');
    });
  }

  /** A fault nobody named may pass with another try, unlike one the table calls final. */
  private unexpected(error: unknown): AppError {
    if (this.message.info.deliveryCount >= this.parts.options.maxDeliveries) return toAppError(error);
    return new AppError('upstream.unavailable', 'Something went wrong on our side.', { cause: error });
  }

  private pause(delayMs: number): Promise<void> {
    const { stopping } = this.parts;
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        stopping.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, delayMs);
      stopping.addEventListener('abort', done, { once: true });
    });
  }
}
