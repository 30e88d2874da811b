import { AppError } from '@parlance/errors';
import {
  ModelThread,
  ThreadLost,
  type FaultTexts,
  type GraphName,
  type ModelThreadOptions,
} from './model-thread.js';
import type { TensorMap, TensorValue } from './protocol.js';

export interface OnDemandOptions extends Omit<ModelThreadOptions, 'texts'> {
  /** Unused for so long, the model is released; 0 keeps it. */
  readonly idleMs: number;
  /** Runs that may wait; one more is refused. */
  readonly maxQueued: number;
  /** Told when a thread ends that should not. */
  readonly onLost?: (reason: string) => void;
  readonly texts?: FaultTexts;
}

const TEXTS: FaultTexts = {
  unusable: 'The model cannot be loaded.',
  failed: 'The model cannot be run just now.',
  busy: 'The model is busy just now.',
};

/** So many runs of one piece of work go before what was begun later; each further one counts as begun so much later, milliseconds. */
const FIRST_RUNS = 12;
const LATER_MS = 1_000;

/** Runs that belong together, one after the other. */
export interface ModelRuns {
  /** As `OnDemandModel.run`. */
  run(graph: GraphName, feeds: TensorMap): Promise<readonly TensorValue[]>;
}

interface Job {
  /** Which of the jobs that wait goes first: the one with the least. */
  readonly rank: number;
  readonly graph: GraphName;
  readonly feeds: TensorMap;
  readonly resolve: (outputs: readonly TensorValue[]) => void;
  readonly reject: (error: unknown) => void;
}

/** One model in a worker thread of its own: loaded on first use, released when unused, started anew when its thread dies. */
export class OnDemandModel {
  private thread: ModelThread | undefined;
  private running = false;
  private readonly queue: Job[] = [];
  private idle: NodeJS.Timeout | undefined;
  private stopped = false;

  private readonly texts: FaultTexts;

  constructor(private readonly options: OnDemandOptions) {
    this.texts = options.texts ?? TEXTS;
  }

  get isLoaded(): boolean {
    return this.thread !== undefined;
  }

  /** Loads the model now rather than at its first run.
   *  @returns whether its graph is cut in two
   *  @throws AppError model.invalid, upstream.unavailable */
  async load(): Promise<{ isSplit: boolean }> {
    return this.open().catch((error: unknown) => {
      throw error instanceof ThreadLost ? this.unavailable(error) : error;
    });
  }

  /** @throws ThreadLost; AppError model.invalid */
  private async open(): Promise<{ isSplit: boolean }> {
    if (this.stopped) throw new AppError('service.draining', 'This service is about to stop.');
    const thread = (this.thread ??= this.start());
    this.postponeRelease();
    try {
      return await thread.ready;
    } catch (error) {
      if (this.thread === thread) this.thread = undefined;
      throw error;
    }
  }

  /** Runs a graph; runs of one model follow each other.
   *  @returns the graph's outputs, in its order
   *  @throws AppError inference.overloaded, upstream.unavailable, model.invalid; the signal's reason once it is aborted, with the run
   *  itself, if it has begun, left to end unheard */
  run(graph: GraphName, feeds: TensorMap, signal: AbortSignal): Promise<readonly TensorValue[]> {
    return this.begin(signal).run(graph, feeds);
  }

  /** Begins a piece of work of several runs, as a speech. Of the runs that wait, one of the work begun first goes first: it is soon done,
   *  where runs taken in turn would make all of it late. Work of many runs falls behind by and by. */
  begin(signal: AbortSignal): ModelRuns {
    const begunAt = performance.now();
    let count = 0;
    return {
      run: (graph, feeds) => {
        count += 1;
        return this.runAt(begunAt + Math.max(0, count - FIRST_RUNS) * LATER_MS, graph, feeds, signal);
      },
    };
  }

  /** Ends the thread; what waits is refused. */
  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.idle);
    for (const job of this.queue.splice(0)) job.reject(this.unavailable('stopped'));
    await this.release();
  }

  private async runAt(
    rank: number,
    graph: GraphName,
    feeds: TensorMap,
    signal: AbortSignal,
  ): Promise<readonly TensorValue[]> {
    try {
      return await this.enqueue(rank, graph, feeds, signal);
    } catch (error) {
      if (!(error instanceof ThreadLost)) throw error;
    }
    return this.enqueue(rank, graph, feeds, signal).catch((error: unknown) => {
      throw error instanceof ThreadLost ? this.unavailable(error) : error;
    });
  }

  private enqueue(
    rank: number,
    graph: GraphName,
    feeds: TensorMap,
    signal: AbortSignal,
  ): Promise<readonly TensorValue[]> {
    signal.throwIfAborted();
    if (this.queue.length >= this.options.maxQueued)
      throw new AppError('inference.overloaded', this.texts.busy);
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        const index = this.queue.indexOf(job);
        if (index >= 0) this.queue.splice(index, 1);
        reject(signal.reason);
      };
      const finish =
        <T>(then: (value: T) => void) =>
        (value: T): void => {
          signal.removeEventListener('abort', leave);
          then(value);
        };
      const job: Job = { rank, graph, feeds, resolve: finish(resolve), reject: finish(reject) };
      signal.addEventListener('abort', leave, { once: true });
      this.queue.push(job);
      void this.work();
    });
  }

  private async work(): Promise<void> {
    if (this.running) return;
    this.running = true;
    for (let job = this.next(); job; job = this.next()) {
      try {
        await this.open();
        const { thread } = this;
        if (!thread) throw new ThreadLost('ended');
        job.resolve(await thread.run(job.graph, job.feeds));
      } catch (error) {
        job.reject(error);
      }
      // Whoever has just been answered may ask for its next run before one is chosen.
      await new Promise((resolve) => setImmediate(resolve));
    }
    this.running = false;
    this.postponeRelease();
  }

  /** Takes the job that goes first. */
  private next(): Job | undefined {
    const ranks = this.queue.map(({ rank }) => rank);
    return this.queue.splice(ranks.indexOf(Math.min(...ranks)), 1)[0];
  }

  private start(): ModelThread {
    return new ModelThread({ ...this.options, texts: this.texts }, (reason) => this.lose(reason));
  }

  private lose(reason: string): void {
    this.thread = undefined;
    this.options.onLost?.(reason);
  }

  private postponeRelease(): void {
    clearTimeout(this.idle);
    if (this.options.idleMs === 0 || this.stopped) return;
    this.idle = setTimeout(() => {
      if (!this.running) void this.release();
    }, this.options.idleMs);
    this.idle.unref();
  }

  private async release(): Promise<void> {
    const { thread } = this;
    this.thread = undefined;
    await thread?.retire();
  }

  private unavailable(cause: unknown): AppError {
    return new AppError('upstream.unavailable', this.texts.failed, { cause });
  }
}
