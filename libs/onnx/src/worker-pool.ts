import { AppError, toAppError } from '@parlance/errors';
import { JobQueue, type QueuedJob, type RunOptions } from './job-queue.js';
import type { JobCost, JobPriority, ModelMetadata, ModelSource } from './protocol.js';
import { WorkerHandle, type WorkerHandleOptions } from './worker-handle.js';

export interface WorkerPoolOptions extends WorkerHandleOptions {
  readonly workers: number;
  /** Jobs that may wait, for each priority. */
  readonly maxQueued: number;
}

export interface PoolObserver {
  queueWait?(priority: JobPriority, seconds: number): void;
  /** A worker is done with a job, well or not. */
  spent?(cost: JobCost): void;
  workerLost?(reason: string): void;
  /** A model could not be loaded into a worker's replacement. */
  modelLost?(model: string, fault: AppError): void;
}

export interface PoolLoad {
  readonly workers: number;
  readonly running: number;
  readonly queued: number;
}

/** After repeated losses a replacement waits a little longer each time, ms. */
const REPLACE_DELAYS = [0, 200, 1000, 5000];
const CALM_MS = 30_000;

const drainingError = (): AppError => new AppError('service.draining', 'The service is shutting down.');

/** Worker threads that each hold every loaded model; jobs wait here, in order of urgency, until a worker takes them. */
export class WorkerPool {
  private readonly workers: (WorkerHandle | undefined)[] = [];
  private readonly sources = new Map<string, ModelSource>();
  private readonly queue: JobQueue;
  private losses = 0;
  private lastLossAt = 0;
  private stopping: Promise<void> | undefined;

  constructor(
    private readonly options: WorkerPoolOptions,
    private readonly observer: PoolObserver = {},
  ) {
    this.queue = new JobQueue(options.maxQueued);
    for (let slot = 0; slot < options.workers; slot++) this.workers[slot] = this.spawn(slot);
  }

  /** Loads the model into every worker and into each that replaces one. */
  async loadModel(source: ModelSource): Promise<ModelMetadata> {
    const loads = this.alive().map((worker) => worker.loadModel(source));
    const metadata = await Promise.all(loads).catch(async (error: unknown) => {
      // All workers have it or none: what one could not load, the others need not keep.
      await Promise.allSettled(loads);
      await this.unloadModel(source.name).catch(() => undefined);
      throw error;
    });
    const first = metadata[0];
    if (!first) throw new AppError('inference.interrupted', 'Recognition is starting again; try again.');
    this.sources.set(source.name, source);
    this.pump();
    return first;
  }

  async unloadModel(name: string): Promise<void> {
    this.sources.delete(name);
    await Promise.all(this.alive().map((worker) => worker.unloadModel(name)));
  }

  /**
   * @throws AppError inference.overloaded when the queue is full, inference.interrupted when the worker is lost,
   *   request.cancelled, request.deadline_exceeded, and what the operation throws
   */
  run<T>(model: string, operation: string, payload: unknown, options: RunOptions): Promise<T> {
    if (this.stopping) return Promise.reject(drainingError());
    if (!this.sources.has(model))
      return Promise.reject(new AppError('model.loading', 'The model is not loaded yet.'));
    const job = this.queue.push(model, operation, payload, options);
    this.pump();
    return job as Promise<T>;
  }

  get load(): PoolLoad {
    return {
      workers: this.alive().length,
      running: this.alive().reduce((sum, worker) => sum + worker.load, 0),
      queued: this.queue.size,
    };
  }

  stop(): Promise<void> {
    this.stopping ??= this.end();
    return this.stopping;
  }

  private async end(): Promise<void> {
    this.queue.rejectAll(drainingError());
    await Promise.all(this.alive().map((worker) => worker.stop()));
  }

  private alive(): WorkerHandle[] {
    return this.workers.filter((worker) => worker !== undefined);
  }

  private pump(): void {
    this.queue.dispatch((job) => {
      const free = this.alive()
        .filter((worker) => worker.hasCapacity(job.model, job.priority))
        .sort((a, b) => a.load - b.load)[0];
      if (!free) return false;
      void this.start(free, job);
      return true;
    });
  }

  private async start(worker: WorkerHandle, job: QueuedJob): Promise<void> {
    const waited = performance.now() - job.queuedAt;
    this.observer.queueWait?.(job.priority, waited / 1000);
    const spent = ({ stages, ...rest }: JobCost): void => {
      const cost = { ...rest, stages: { ...stages, queue: waited + (stages.queue ?? 0) } };
      this.observer.spent?.(cost);
      job.spent(cost);
    };
    try {
      job.resolve(await worker.run({ ...job, spent }));
    } catch (error) {
      job.reject(error as Error);
    }
    this.pump();
  }

  private spawn(slot: number): WorkerHandle {
    return new WorkerHandle(this.options, (reason) => this.lost(slot, reason));
  }

  private lost(slot: number, reason: string): void {
    this.workers[slot] = undefined;
    this.observer.workerLost?.(reason);
    if (this.stopping) return;
    this.losses = Date.now() - this.lastLossAt < CALM_MS ? this.losses + 1 : 0;
    this.lastLossAt = Date.now();
    const delay = REPLACE_DELAYS[Math.min(this.losses, REPLACE_DELAYS.length - 1)];
    setTimeout(() => void this.replace(slot), delay).unref();
  }

  /**
   * A replacement without models is none: it goes, and another try follows later. Where only some are broken meanwhile, it
   * works on with the others.
   */
  private async replace(slot: number): Promise<void> {
    if (this.stopping) return;
    const worker = this.spawn(slot);
    this.workers[slot] = worker;
    const sources = [...this.sources.values()];
    const faults = await Promise.all(
      sources.map((source) => worker.loadModel(source).then(() => undefined, toAppError)),
    );
    // A worker that died meanwhile has reported so itself.
    if (this.workers[slot] !== worker) return;
    const broken = faults.filter((fault) => fault !== undefined);
    if (broken.length > 0 && broken.length === sources.length) {
      await worker.stop();
      this.lost(slot, `models not loaded: ${broken[0]?.message}`);
      return;
    }
    sources.forEach(({ name }, i) => {
      const fault = faults[i];
      if (fault) this.abandonModel(name, fault);
    });
    this.pump();
  }

  private abandonModel(model: string, fault: AppError): void {
    this.sources.delete(model);
    this.queue.rejectModel(model, fault);
    this.observer.modelLost?.(model, fault);
  }
}
