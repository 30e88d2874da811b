import { AppError } from '@parlance/errors';
import type { GraphName, TensorValue, TensorValues, WorkerSetup } from './protocol.js';
import { ThreadLost, WorkerThread } from './worker-thread.js';

export interface VoiceModelOptions extends WorkerSetup {
  /** A single run longer than this means that the thread is stuck; it is left alone and another one is started. */
  readonly runLimitMs: number;
  readonly loadLimitMs: number;
  /** Unused for so long, the model is released; 0 keeps it. */
  readonly idleMs: number;
  /** Runs that may wait; one more is refused. */
  readonly maxQueued: number;
  /** Told when a thread ends that should not. */
  readonly onLost?: (reason: string) => void;
}

interface Job {
  readonly graph: GraphName;
  readonly feeds: TensorValues;
  readonly resolve: (outputs: readonly TensorValue[]) => void;
  readonly reject: (error: unknown) => void;
}

/** One model in a worker thread of its own: loaded on first use, released when unused, started anew when its thread dies. */
export class VoiceModel {
  private thread: WorkerThread | undefined;
  private running = false;
  private readonly queue: Job[] = [];
  private idle: NodeJS.Timeout | undefined;
  private stopped = false;

  constructor(private readonly options: VoiceModelOptions) {}

  get isLoaded(): boolean {
    return this.thread !== undefined;
  }

  /** Loads the model now rather than at its first run.
   *  @returns whether its graph is cut in two
   *  @throws AppError model.invalid, upstream.unavailable */
  async load(): Promise<{ isSplit: boolean }> {
    return this.open().catch((error: unknown) => {
      throw error instanceof ThreadLost ? unavailable(error) : error;
    });
  }

  /** @throws ThreadLost; AppError model.invalid */
  private async open(): Promise<{ isSplit: boolean }> {
    if (this.stopped) throw new AppError('service.draining', 'This service is about to stop.');
    const thread = (this.thread ??= new WorkerThread(this.options, (reason) => this.lose(reason)));
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
  async run(graph: GraphName, feeds: TensorValues, signal: AbortSignal): Promise<readonly TensorValue[]> {
    try {
      return await this.enqueue(graph, feeds, signal);
    } catch (error) {
      if (!(error instanceof ThreadLost)) throw error;
    }
    return this.enqueue(graph, feeds, signal).catch((error: unknown) => {
      throw error instanceof ThreadLost ? unavailable(error) : error;
    });
  }

  /** Ends the thread; what waits is refused. */
  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.idle);
    for (const job of this.queue.splice(0)) job.reject(unavailable('stopped'));
    await this.release();
  }

  private enqueue(
    graph: GraphName,
    feeds: TensorValues,
    signal: AbortSignal,
  ): Promise<readonly TensorValue[]> {
    signal.throwIfAborted();
    if (this.queue.length >= this.options.maxQueued)
      throw new AppError('inference.overloaded', 'Every voice is busy just now.');
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        const place = this.queue.indexOf(job);
        if (place >= 0) this.queue.splice(place, 1);
        reject(signal.reason);
      };
      const settle =
        <T>(then: (value: T) => void) =>
        (value: T): void => {
          signal.removeEventListener('abort', leave);
          then(value);
        };
      const job: Job = { graph, feeds, resolve: settle(resolve), reject: settle(reject) };
      signal.addEventListener('abort', leave, { once: true });
      this.queue.push(job);
      void this.work();
    });
  }

  private async work(): Promise<void> {
    if (this.running) return;
    this.running = true;
    for (let job = this.queue.shift(); job; job = this.queue.shift()) {
      try {
        await this.open();
        const { thread } = this;
        if (!thread) throw new ThreadLost('ended');
        job.resolve(await thread.run(job.graph, job.feeds));
      } catch (error) {
        job.reject(error);
      }
    }
    this.running = false;
    this.postponeRelease();
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
}

function unavailable(cause: unknown): AppError {
  return new AppError('upstream.unavailable', 'Speech could not be made just now.', { cause });
}
