import { AppError } from '@parlance/errors';
import { PRIORITIES, type JobCost, type JobPriority } from './protocol.js';
import { TenantLine } from './tenant-line.js';
import type { Dispatch } from './worker-handle.js';

/** Jobs whose pace is remembered. */
const REMEMBERED = 16;
const MIN_SECONDS = 1;
const MAX_SECONDS = 30;

/** How fast a full queue empties, from the jobs that left it last. */
export class DrainRate {
  private readonly leftAt: number[] = [];

  /** A job has left the queue. @param now  ms */
  note(now: number): void {
    this.leftAt.push(now);
    if (this.leftAt.length > REMEMBERED) this.leftAt.shift();
  }

  /** When whoever is refused now may find the queue half empty: whole seconds, 1 to 30. */
  retryAfterSeconds(queued: number, now: number): number {
    const [first] = this.leftAt;
    if (first === undefined) return MIN_SECONDS;
    const msPerJob = (now - first) / this.leftAt.length;
    return Math.min(MAX_SECONDS, Math.max(MIN_SECONDS, Math.ceil((msPerJob * queued) / 2000)));
  }
}

export interface RunOptions {
  readonly priority: JobPriority;
  /** Whose job it is: tenants take turns. Default: nobody's, which is one more. */
  readonly tenant?: string | undefined;
  /** What names it in the costs of the jobs that share its runs, such as its span. */
  readonly label?: string | undefined;
  /** Moved, not copied. */
  readonly transfer?: readonly ArrayBuffer[];
  readonly signal?: AbortSignal | undefined;
  /** Epoch milliseconds. */
  readonly deadline?: number | undefined;
  /** Told when the worker is done with it; its `queue` includes the waiting here. */
  readonly spent?: (cost: JobCost) => void;
}

export interface QueuedJob extends Dispatch {
  readonly tenant: string;
  /** Epoch milliseconds; Infinity for none. */
  readonly deadline: number;
  /** performance.now() */
  readonly queuedAt: number;
  resolve(value: unknown): void;
  reject(error: Error): void;
}

/** Of the queue, what a single tenant may fill. */
const TENANT_SHARE = 0.75;

const ignore = (): void => undefined;
const cancelledError = () => new AppError('request.cancelled', 'The request was cancelled.');
const deadlineError = () =>
  new AppError('request.deadline_exceeded', 'The request took longer than its deadline.');

/**
 * Jobs nobody has taken yet, by urgency, then by turns of their tenants; bounded. A job that is cancelled or late leaves at
 * once, taken or not.
 */
export class JobQueue {
  private readonly waiting: Readonly<Record<JobPriority, TenantLine<QueuedJob>>> = {
    final: new TenantLine(),
    partial: new TenantLine(),
    bulk: new TenantLine(),
  };
  private readonly rate = new DrainRate();

  /** @param maxQueued  jobs that may wait, for each priority */
  constructor(private readonly maxQueued: number) {}

  get size(): number {
    return PRIORITIES.reduce((sum, priority) => sum + this.waiting[priority].size, 0);
  }

  /** @throws AppError inference.overloaded, request.cancelled, request.deadline_exceeded, and what the job is rejected with */
  push(model: string, operation: string, payload: unknown, options: RunOptions): Promise<unknown> {
    const {
      priority,
      tenant = '',
      label,
      transfer = [],
      signal,
      deadline = Infinity,
      spent = ignore,
    } = options;
    const line = this.waiting[priority];
    if (signal?.aborted) return Promise.reject(cancelledError());
    const isFull =
      line.size >= this.maxQueued || line.sizeOf(tenant) >= Math.ceil(this.maxQueued * TENANT_SHARE);
    if (isFull) return Promise.reject(this.overloadedError(line));
    return new Promise((resolve, reject) => {
      const cancelled = new SharedArrayBuffer(4);
      const abandon = (error: AppError): void => {
        Atomics.store(new Int32Array(cancelled), 0, 1);
        line.remove(job);
        job.reject(error);
      };
      const onAbort = (): void => abandon(cancelledError());
      const timer = Number.isFinite(deadline)
        ? setTimeout(() => abandon(deadlineError()), Math.max(0, deadline - Date.now()))
        : undefined;
      const stopWaiting = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', onAbort);
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      const job: QueuedJob = {
        model,
        operation,
        payload,
        transfer,
        priority,
        tenant,
        label,
        deadline,
        cancelled,
        queuedAt: performance.now(),
        spent,
        resolve: (value) => (stopWaiting(), resolve(value)),
        reject: (error) => (stopWaiting(), reject(error)),
      };
      line.add(job);
    });
  }

  /** Offers every waiting job in its order; a job for which `tryStart` returns true leaves the queue. See TenantLine.dispatch. */
  dispatch(tryStart: (job: QueuedJob) => boolean): void {
    for (const priority of PRIORITIES)
      this.waiting[priority].dispatch((job) => {
        const isTaken = tryStart(job);
        if (isTaken) this.rate.note(performance.now());
        return isTaken;
      });
  }

  rejectModel(model: string, error: Error): void {
    for (const priority of PRIORITIES)
      this.waiting[priority].dispatch((job) => {
        if (job.model !== model) return false;
        job.reject(error);
        return true;
      });
  }

  rejectAll(error: Error): void {
    for (const priority of PRIORITIES) for (const job of this.waiting[priority].clear()) job.reject(error);
  }

  private overloadedError(line: TenantLine<QueuedJob>): AppError {
    return new AppError(
      'inference.overloaded',
      'Too many requests wait for recognition; try again shortly.',
      { retryAfterSeconds: this.rate.retryAfterSeconds(line.size, performance.now()) },
    );
  }
}
