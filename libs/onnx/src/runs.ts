import type { Asker, Stage } from './protocol.js';
import type { RunGate } from './run-gate.js';

/** Native calls since the start; native calls in progress. Shared with the main thread's watchdog. */
export const BEATS = 0;
export const DEPTH = 1;
export const HEARTBEAT_BYTES = 8;

/** A job, as far as its costs go. */
export interface Charged {
  charge(stage: Stage, ms: number): void;
}

/**
 * The native calls of one worker, shared by every job and by whatever batches several of them: one at a time, the most
 * urgent next, each seen by the watchdog and charged to the jobs it serves.
 */
export class Runs {
  private decodeRows: number[] = [];

  constructor(
    private readonly gate: RunGate,
    private readonly heartbeat: Int32Array,
  ) {}

  /**
   * Waits until the worker is free and keeps it while `work` runs. What `work` serves may be chosen inside it: several may
   * wait for the same batch, each at its own priority, and those who come later find their rows already served.
   */
  pass<T>(asker: Asker, work: () => T | Promise<T>): Promise<T> {
    return this.gate.pass(asker, work);
  }

  /**
   * One native call, from inside `pass`.
   * @param rows  the job of every row of the batch; its time is shared out equally among them
   */
  async call<T>(stage: Stage, rows: readonly Charged[], run: () => Promise<T>): Promise<T> {
    const start = performance.now();
    try {
      return await this.watched(run);
    } finally {
      const share = (performance.now() - start) / rows.length;
      for (const job of rows) job.charge(stage, share);
      if (stage === 'decode') this.decodeRows.push(rows.length);
    }
  }

  /** A native call that serves no job (loading). */
  async watched<T>(call: () => Promise<T>): Promise<T> {
    Atomics.add(this.heartbeat, BEATS, 1);
    Atomics.add(this.heartbeat, DEPTH, 1);
    try {
      return await call();
    } finally {
      Atomics.sub(this.heartbeat, DEPTH, 1);
      Atomics.add(this.heartbeat, BEATS, 1);
    }
  }

  /** Rows of each decode run since the last time this was asked. */
  takeDecodeRows(): number[] {
    return this.decodeRows.splice(0);
  }
}
