import { AppError } from '@parlance/errors';
import type { Feeds, OnnxSession, SessionContext } from './onnx-session.js';
import type { Asker, JobPriority, ModelMetadata, ModelSource, Stage, StageTimes } from './protocol.js';
import type { Runs } from './runs.js';

/** A model inside a worker: named operations over plain payloads. Several jobs may be inside `run` at once. */
export interface LoadedModel {
  readonly metadata: ModelMetadata;
  run(operation: string, payload: unknown, job: Job): Promise<unknown>;
  close(): Promise<void>;
}

export interface ModelFactory {
  /** @throws AppError model.invalid */
  open(source: ModelSource, settings: SessionContext): Promise<LoadedModel>;
}

/** By the `kind` of their sources. A module named by `RuntimeOptions.models` exports one as `models`. */
export type ModelFactories = Readonly<Record<string, ModelFactory>>;

/** One request inside a worker; every graph run is made for one or more of them, so that runs can be ordered, counted and given up. */
export class Job {
  private readonly times: Partial<Record<Stage, number>> = {};

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
