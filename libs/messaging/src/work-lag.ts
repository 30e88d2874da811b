import { STREAMS, WORK } from '@parlance/contracts';
import { PeriodicWork } from '@parlance/resilience';
import { gauge, workFailureReporter, type Logger } from '@parlance/telemetry';
import type { NatsConnection } from './nats-connection.js';
import { jetStreamErrorCode } from './streams.js';

/** As often as metrics are usually read. */
const LOOK_EVERY_MS = 15_000;
const NO_CONSUMER = 10014;

const pending = () => gauge('parlance_messages_pending');
const unacknowledged = () => gauge('parlance_messages_unacknowledged');

/** Tells in metrics how much work waits and how much is in hand, in all processes together. Every process looks at all of it: of work
 *  that nobody consumes any more, its consumers cannot tell. */
export class WorkLag {
  private readonly looking: PeriodicWork;

  constructor(
    private readonly connection: NatsConnection,
    logger: Logger,
  ) {
    this.looking = new PeriodicWork(() => this.look(), {
      everyMs: LOOK_EVERY_MS,
      firstMs: 0,
      onFailure: workFailureReporter(logger, 'message lag', 'the state of the queue could not be read'),
    });
  }

  start(): void {
    this.looking.start();
  }

  async stop(): Promise<void> {
    await this.looking.stop();
  }

  private async look(): Promise<void> {
    for (const { subject, consumer } of Object.values(WORK)) {
      const lag = await this.lagOf(subject, consumer);
      pending().set({ subject }, lag.pending);
      unacknowledged().set({ subject }, lag.unacknowledged);
    }
  }

  private async lagOf(
    subject: string,
    consumer: string,
  ): Promise<{ pending: number; unacknowledged: number }> {
    const { consumers, streams } = this.connection.manager;
    try {
      const { num_pending, num_ack_pending } = await consumers.info(STREAMS.work.name, consumer);
      return { pending: num_pending, unacknowledged: num_ack_pending };
    } catch (error) {
      if (jetStreamErrorCode(error) !== NO_CONSUMER) throw error;
      // Nobody has ever consumed it: all of it waits.
      const { state } = await streams.info(STREAMS.work.name, { subjects_filter: subject });
      return { pending: state.subjects?.[subject] ?? 0, unacknowledged: 0 };
    }
  }
}
