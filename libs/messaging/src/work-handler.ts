import type { AppError } from '@parlance/errors';
import type { RequestIdentity } from '@parlance/contracts';

/** What a handler knows about the delivery it works on. */
export interface WorkContext {
  readonly identity: Partial<RequestIdentity>;
  /** 1 for the first delivery. */
  readonly delivery: number;
  /** Whether a person took it from the dead letters: the failure that was told is to be withdrawn. */
  readonly isRequeued: boolean;
  /** When the message was stored. */
  readonly publishedAt: Date;
  /** Aborts when the handling limit is over. */
  readonly signal: AbortSignal;
}

/** What a service does with one kind of work. Deliveries repeat after a crash, so both methods must be idempotent. */
export interface WorkHandler<Message> {
  /** Resolves: acknowledged. A retryable fault: delivered again after a pause. Another AppError: a dead letter at once.
   *  `Postponed`: asked again after its delay, without counting as a delivery. */
  handle(message: Message, context: WorkContext): Promise<void>;
  /** Tells whoever waits that this work will not be done; afterwards the message is a dead letter.
   *  @param message absent when it did not fit its schema */
  fail(error: AppError, identity: Partial<RequestIdentity>, message?: Message): Promise<void>;
}

export interface WorkOptions {
  /** Messages handled at once; postponed ones have as many slots again. */
  readonly concurrency?: number;
  /** Silence after which the server delivers to someone else; a live handler keeps it away with heartbeats. */
  readonly ackWaitMs?: number;
  readonly maxDeliveries?: number;
  /** One handling takes no longer, milliseconds. */
  readonly handlingLimitMs?: number;
  /** Pause before the second delivery; each further one is twice as long, up to a minute. */
  readonly retryMs?: number;
  /** Messages a process starts in a second at most; 0: as many as come. */
  readonly ratePerSecond?: number;
}

export const WORK_DEFAULTS = {
  concurrency: 8,
  // A crash is to delay a turn by 5 s at most.
  ackWaitMs: 3_000,
  maxDeliveries: 3,
  handlingLimitMs: 120_000,
  retryMs: 2_000,
  ratePerSecond: 0,
} as const satisfies Required<WorkOptions>;

/** Thrown by a handler whose turn has not come; not a fault. */
export class Postponed extends Error {
  constructor(readonly delayMs: number) {
    super(`asks again in ${delayMs} ms`);
    this.name = 'Postponed';
  }
}
