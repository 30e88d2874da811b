import { AppError } from '#libs/errors';
import { PRIORITIES, type JobPriority } from './protocol.js';
import type { Dispatch } from './worker-handle.js';

export interface RunOptions {
  readonly priority: JobPriority;
  /** Moved, not copied. */
  readonly transfer?: readonly ArrayBuffer[];
  readonly signal?: AbortSignal | undefined;
  /** Epoch milliseconds. */
  readonly deadline?: number | undefined;
}

export interface QueuedJob extends Dispatch {
  /** performance.now() */
  readonly queuedAt: number;
  resolve(value: unknown): void;
  reject(error: Error): void;
}

const cancelledError = () => new AppError('request.cancelled', 'The request was cancelled.');
const deadlineError = () =>
  new AppError('request.deadline_exceeded', 'The request took longer than its deadline.');

/** Jobs nobody has taken yet, by urgency; bounded. A job that is cancelled or late leaves at once, taken or not. */
export class JobQueue {
  private readonly waiting: Record<JobPriority, QueuedJob[]> = { final: [], partial: [], bulk: [] };

  constructor(private readonly maxQueued: number) {}

  get size(): number {
    return PRIORITIES.reduce((sum, priority) => sum + this.waiting[priority].length, 0);
  }

  push(
    model: string,
    operation: string,
    payload: unknown,
    { priority, transfer = [], signal, deadline }: RunOptions,
  ): Promise<unknown> {
    const lane = this.waiting[priority];
    if (signal?.aborted) return Promise.reject(cancelledError());
    if (lane.length >= this.maxQueued)
      return Promise.reject(
        new AppError('inference.overloaded', 'Too many requests wait for recognition; try again shortly.'),
      );
    return new Promise((resolve, reject) => {
      const cancelled = new SharedArrayBuffer(4);
      const giveUp = (error: AppError): void => {
        Atomics.store(new Int32Array(cancelled), 0, 1);
        const at = lane.indexOf(job);
        if (at !== -1) lane.splice(at, 1);
        job.reject(error);
      };
      const onAbort = (): void => giveUp(cancelledError());
      const timer =
        deadline === undefined
          ? undefined
          : setTimeout(() => giveUp(deadlineError()), Math.max(0, deadline - Date.now()));
      const settled = (): void => {
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
        cancelled,
        queuedAt: performance.now(),
        resolve: (value) => (settled(), resolve(value)),
        reject: (error) => (settled(), reject(error)),
      };
      lane.push(job);
    });
  }

  /** Offers every waiting job, most urgent first; those `accept` says yes to leave the queue. */
  take(accept: (job: QueuedJob) => boolean): void {
    for (const priority of PRIORITIES) {
      const lane = this.waiting[priority];
      for (let i = 0; i < lane.length;) {
        const job = lane[i];
        if (job && accept(job)) lane.splice(i, 1);
        else i++;
      }
    }
  }

  rejectAll(error: Error): void {
    for (const priority of PRIORITIES) for (const job of this.waiting[priority].splice(0)) job.reject(error);
  }
}
