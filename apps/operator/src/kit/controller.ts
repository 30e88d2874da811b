import type { Logger } from '@parlance/telemetry';
import { counter, histogram } from '@parlance/telemetry';
import { ClusterError } from './cluster-error.js';
import { NotLeadingError } from './leader-election.js';
import { WorkQueue, type WorkQueueOptions } from './work-queue.js';

const outcomes = () => counter('parlance_operator_reconciles_total');
const durations = () => histogram('parlance_operator_reconcile_seconds');

export interface ControllerOptions extends WorkQueueOptions {
  readonly name: string;
  readonly concurrency: number;
  /** Brings one object to its wanted state; returns after how many milliseconds to look again, if at all. */
  readonly reconcile: (key: string) => Promise<number | undefined>;
  readonly logger: Logger;
}

/** Objects of a set change one after the other. */
const TOGETHER_MS = 100;

/** Works through a queue of keys while this process leads. No fault of one key stops the others, or the process. */
export class Controller {
  private queue: WorkQueue | undefined;
  private workers: Promise<void>[] = [];

  constructor(private readonly options: ControllerOptions) {}

  /** @param keys  what there is to look at */
  start(keys: Iterable<string>): void {
    const queue = new WorkQueue(this.options);
    this.queue = queue;
    for (const key of keys) queue.add(key);
    this.workers = Array.from({ length: this.options.concurrency }, () => this.work(queue));
  }

  /** Looks at a key soon, once for all that changes at about the same time. Does nothing while this process does not lead: its
   *  start looks at everything. */
  enqueue(key: string): void {
    this.queue?.addAfter(key, TOGETHER_MS);
  }

  get depth(): number {
    return this.queue?.size ?? 0;
  }

  async stop(): Promise<void> {
    this.queue?.close();
    this.queue = undefined;
    await Promise.all(this.workers);
  }

  private async work(queue: WorkQueue): Promise<void> {
    for (;;) {
      const key = await queue.next();
      if (key === undefined) return;
      await this.once(queue, key);
      queue.done(key);
    }
  }

  private async once(queue: WorkQueue, key: string): Promise<void> {
    const { name: controller, logger, reconcile } = this.options;
    const end = durations().startTimer({ controller });
    let outcome = 'done';
    try {
      const againMs = await reconcile(key);
      queue.forget(key);
      if (againMs !== undefined) queue.addAfter(key, againMs);
    } catch (error) {
      outcome = outcomeOf(error);
      // What is left of a namespace that goes is removed by the cluster.
      if (outcome === 'terminating' || outcome === 'lost') return;
      const retryMs = queue.retry(key, error instanceof ClusterError ? error.retryAfterMs : undefined);
      const isExpected = outcome === 'conflict';
      logger[isExpected ? 'debug' : 'warn'](
        { err: error, controller, object: key, retryMs: Math.round(retryMs) },
        'the object could not be reconciled, it is tried again',
      );
    } finally {
      end();
      outcomes().inc({ controller, outcome });
    }
  }
}

function outcomeOf(error: unknown): string {
  if (error instanceof NotLeadingError) return 'lost';
  if (!(error instanceof ClusterError)) return 'fault';
  if (error.isNamespaceTerminating) return 'terminating';
  if (error.isConflict) return 'conflict';
  if (error.status === 429) return 'throttled';
  return error.isForbidden ? 'forbidden' : 'failed';
}
