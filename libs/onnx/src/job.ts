import { AppError } from '@parlance/errors';
import type { Feeds, OnnxSession, OnnxSessionContext } from './onnx-session.js';
import type { Asker, JobPriority, ModelMetadata, ModelSource, Stage, StageTimes } from './protocol.js';
import type { RunGate } from './run-gate.js';

/** Native calls since the start; native calls in progress. Shared with the main thread's watchdog. */
export const BEATS = 0;
export const DEPTH = 1;
export const HEARTBEAT_BYTES = 8;

/** A job, as far as its costs go. */
export interface Charged {
  charge(stage: Stage, ms: number): void;
  /** A run serves it together with these. */
  accompany?(others: readonly Charged[]): void;
}

/** Companions that a job remembers. */
const MOST_COMPANIONS = 16;

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
      if (rows.length > 1) for (const job of rows) job.accompany?.(rows);
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

  /** Returns the rows of each decode run since the last call. */
  drainDecodeRows(): number[] {
    return this.decodeRows.splice(0);
  }
}

/** A model inside a worker: named operations over plain payloads. Several jobs may be inside `run` at once. */
export interface LoadedModel {
  readonly metadata: ModelMetadata;
  run(operation: string, payload: unknown, job: Job): Promise<unknown>;
  close(): Promise<void>;
}

export interface ModelFactory {
  /** @throws AppError model.invalid */
  open(source: ModelSource, settings: OnnxSessionContext): Promise<LoadedModel>;
}

/** By the `kind` of their sources. A module named by `RuntimeOptions.models` exports one as `models`. */
export type ModelFactories = Readonly<Record<string, ModelFactory>>;

/** One request inside a worker. Every graph run is made for one or more jobs, so that runs can be ordered, counted and cancelled. */
export class Job {
  private readonly times: Partial<Record<Stage, number>> = {};
  private readonly shared = new Set<string>();

  constructor(
    readonly asker: Asker,
    private readonly cancelled: Int32Array,
    /** The worker's native calls, for whoever runs a graph for several jobs together. */
    readonly runs: Runs,
  ) {}

  get priority(): JobPriority {
    return this.asker.priority;
  }

  /** Nobody waits for the result any more: cancelled, or past its deadline. */
  get isCancelled(): boolean {
    return Atomics.load(this.cancelled, 0) !== 0;
  }

  /** @throws AppError request.cancelled once nobody waits for the result */
  throwIfCancelled(): void {
    if (this.isCancelled) throw new AppError('request.cancelled', 'The request was cancelled.');
  }

  /** Milliseconds spent so far, by stage; `queue` is the waiting for the worker's other jobs. */
  get stages(): StageTimes {
    return this.times;
  }

  /** Labels of the jobs that shared a run with this one. */
  get companions(): readonly string[] {
    return [...this.shared];
  }

  accompany(others: readonly Charged[]): void {
    for (const other of others) {
      if (this.shared.size >= MOST_COMPANIONS) return;
      if (other instanceof Job && other !== this && other.asker.label !== undefined)
        this.shared.add(other.asker.label);
    }
  }

  charge(stage: Stage, ms: number): void {
    this.times[stage] = (this.times[stage] ?? 0) + ms;
  }

  /** Charges work outside the graphs to the stage it belongs to. */
  measure<T>(stage: Stage, work: () => T): T {
    const start = performance.now();
    try {
      return work();
    } finally {
      this.charge(stage, performance.now() - start);
    }
  }

  /**
   * One graph run for this job alone.
   * @throws AppError request.cancelled
   */
  run(
    session: OnnxSession,
    feeds: Feeds,
    {
      stage = 'infer',
      fetches,
    }: { readonly stage?: Stage; readonly fetches?: readonly string[] | undefined } = {},
  ): Promise<Feeds> {
    const asked = performance.now();
    return this.runs.pass(this.asker, () => {
      this.charge('queue', performance.now() - asked);
      this.throwIfCancelled();
      return this.runs.call(stage, [this], () => session.run(feeds, fetches));
    });
  }
}
