import { Worker } from 'node:worker_threads';
import { AppError } from '@parlance/errors';
import { BEATS, DEPTH, HEARTBEAT_BYTES } from './job.js';
import type {
  Fault,
  FromWorker,
  JobCost,
  JobPriority,
  ModelMetadata,
  ModelSource,
  OnnxSessionSettings,
  ToWorker,
  WorkerSetup,
} from './protocol.js';

export interface WorkerHandleOptions {
  readonly script: URL;
  /** Modules of the kinds of models beside `onnx` (ModelFactories). */
  readonly models?: URL | readonly URL[] | undefined;
  readonly session: OnnxSessionSettings;
  /** A single run longer than this means the thread is wedged. */
  readonly runLimitMs: number;
  /** The same while a model is being loaded. */
  readonly loadLimitMs: number;
  /** Jobs of one model that a worker takes at once, for each priority. */
  readonly maxBatch: number;
}

export interface Dispatch {
  readonly model: string;
  readonly operation: string;
  readonly payload: unknown;
  readonly transfer: readonly ArrayBuffer[];
  readonly priority: JobPriority;
  readonly tenant: string;
  readonly label?: string | undefined;
  readonly cancelled: SharedArrayBuffer;
  /** Called when the worker has finished the job, successfully or not, also after its caller has cancelled. */
  readonly spent: (cost: JobCost) => void;
}

interface Pending {
  /** Undefined for loads and unloads. */
  readonly job: Pick<Dispatch, 'model' | 'priority' | 'spent'> | undefined;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** How long a dismissed thread has to leave by itself. */
const GRACE_MS = 1000;
/** Longest single native call that a shutdown waits for. */
const STOP_LIMIT_MS = 10_000;
const INTERRUPTED = 'The recognition was interrupted; try again.';

/** One worker thread seen from outside: what it holds, whether it lives, and the end of everything it held when it dies. */
export class WorkerHandle {
  private readonly worker: Worker;
  private readonly heartbeat = new Int32Array(new SharedArrayBuffer(HEARTBEAT_BYTES));
  private readonly pending = new Map<number, Pending>();
  private readonly loaded = new Set<string>();
  private readonly watchdog: NodeJS.Timeout;
  private nextId = 1;
  private lastBeat = 0;
  private lastBeatAt = Date.now();
  private alive = true;

  /** @param onLost called once, however the worker ends, except by `stop` */
  constructor(
    private readonly options: WorkerHandleOptions,
    private readonly onLost: (reason: string) => void,
  ) {
    const setup: WorkerSetup = {
      session: options.session,
      models: [options.models ?? []].flat().map((url) => url.href),
      heartbeat: this.heartbeat.buffer,
    };
    this.worker = new Worker(options.script, { workerData: setup });
    this.worker.on('message', (message: FromWorker) => this.handle(message));
    this.worker.on('error', (error: Error) => this.lose(`fault: ${error.message}`));
    this.worker.on('exit', (code) => this.lose(`exit ${code}`));
    this.watchdog = setInterval(() => this.watch(), Math.min(1000, options.runLimitMs / 2));
    this.watchdog.unref();
  }

  has(model: string): boolean {
    return this.alive && this.loaded.has(model);
  }

  /** Jobs held. */
  get load(): number {
    return [...this.pending.values()].filter((entry) => entry.job).length;
  }

  /**
   * Whether the worker can start a job of this model. Every priority has its own capacity, so that recordings cannot keep a
   * final waiting; what does not fit waits in the queue, where it can be reordered. Interims get half: each is soon
   * overtaken by a newer one.
   */
  hasCapacity(model: string, priority: JobPriority): boolean {
    const { maxBatch } = this.options;
    const limit = priority === 'partial' ? Math.ceil(maxBatch / 2) : maxBatch;
    const isTaken = ({ job }: Pending): boolean => job?.model === model && job.priority === priority;
    return this.has(model) && [...this.pending.values()].filter(isTaken).length < limit;
  }

  run({
    model,
    operation,
    payload,
    priority,
    tenant,
    label,
    cancelled,
    transfer,
    spent,
  }: Dispatch): Promise<unknown> {
    return this.ask(
      { kind: 'job', id: this.nextId++, model, operation, payload, priority, tenant, label, cancelled },
      transfer,
      { model, priority, spent },
    );
  }

  async loadModel(model: ModelSource): Promise<ModelMetadata> {
    const metadata = await this.ask({ kind: 'load', id: this.nextId++, model }, [], undefined);
    this.loaded.add(model.name);
    return metadata as ModelMetadata;
  }

  async unloadModel(model: string): Promise<void> {
    if (!this.loaded.delete(model)) return;
    await this.ask({ kind: 'unload', id: this.nextId++, model }, [], undefined);
  }

  /** Ends the thread after the native call it is in; whatever it held fails at once. */
  async stop(): Promise<void> {
    this.end();
    const gone = new Promise<void>((resolve) => this.worker.once('exit', () => resolve()));
    this.dismiss();
    await Promise.race([gone, new Promise<void>((resolve) => setTimeout(resolve, STOP_LIMIT_MS).unref())]);
  }

  /**
   * A thread may not be terminated inside ONNX Runtime: its binding would then take the whole process down. So it is asked
   * to leave, and ended by force only where it does not listen and is not in a native call.
   */
  private dismiss(): void {
    this.worker.postMessage({ kind: 'retire', id: 0 } satisfies ToWorker);
    const force = setTimeout(() => {
      if (Atomics.load(this.heartbeat, DEPTH) === 0) void this.worker.terminate();
    }, GRACE_MS);
    force.unref();
    this.worker.once('exit', () => clearTimeout(force));
  }

  private ask(message: ToWorker, transfer: readonly ArrayBuffer[], job: Pending['job']): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (!this.alive) {
        reject(new AppError('inference.interrupted', INTERRUPTED));
        return;
      }
      if (this.pending.size === 0) this.lastBeatAt = Date.now();
      this.worker.postMessage(message, [...transfer]);
      this.pending.set(message.id, { job, resolve, reject });
    });
  }

  private handle(message: FromWorker): void {
    this.lastBeatAt = Date.now();
    const entry = this.pending.get(message.id);
    this.pending.delete(message.id);
    if (message.cost) entry?.job?.spent(message.cost);
    if (message.kind === 'done') entry?.resolve(message.value);
    else entry?.reject(errorOf(message.fault));
  }

  private watch(): void {
    const beat = Atomics.load(this.heartbeat, BEATS);
    const now = Date.now();
    if (beat !== this.lastBeat || this.pending.size === 0) {
      this.lastBeat = beat;
      this.lastBeatAt = now;
      return;
    }
    const loading = [...this.pending.values()].some((entry) => !entry.job);
    if (now - this.lastBeatAt > (loading ? this.options.loadLimitMs : this.options.runLimitMs)) {
      this.lose('wedged');
      this.dismiss();
    }
  }

  private lose(reason: string): void {
    if (!this.alive) return;
    this.end();
    this.onLost(reason);
  }

  private end(): void {
    this.alive = false;
    clearInterval(this.watchdog);
    for (const entry of this.pending.values())
      entry.reject(new AppError('inference.interrupted', INTERRUPTED));
    this.pending.clear();
    this.loaded.clear();
  }
}

function errorOf(fault: Fault): AppError {
  return new AppError(fault.code, fault.message, fault.detail === undefined ? {} : { cause: fault.detail });
}
