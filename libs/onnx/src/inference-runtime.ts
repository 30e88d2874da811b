import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import type { AppError } from '@parlance/errors';
import type { RunOptions } from './job-queue.js';
import type {
  ExecutionProvider,
  JobCost,
  JobPriority,
  ModelMetadata,
  ModelSource,
  RequestedProvider,
  ScanRequest,
  ScanResult,
  TensorMap,
} from './protocol.js';
import { WorkerPool, type PoolLoad, type PoolObserver } from './worker-pool.js';

/** Compiled, also where this file itself is run from its source (tests). */
const WORKER = pathToFileURL(createRequire(import.meta.url).resolve('@parlance/onnx/worker'));

/**
 * `recognition`: heavy models. `signal`: models of a fraction of a millisecond that must never wait behind an encoder
 * (voice activity).
 */
export type Lane = 'recognition' | 'signal';

export interface RuntimeOptions {
  /** Worker threads for recognition; each holds its own copy of every model. */
  readonly workers: number;
  readonly intraOpThreads: number;
  /** For the recognition lane; the signal lane's models are too small for a GPU. */
  readonly provider: RequestedProvider;
  /**
   * Recognition threads spin from one operator of a run to the next. On cores of their own runs are 10 to 20 % shorter; beside
   * something that takes a core for itself they are half as long again.
   */
  readonly spinning: boolean;
  readonly maxQueued: number;
  /** Jobs of one model that a worker takes at once, for each priority; the most rows of a decode run. */
  readonly maxBatch: number;
  readonly runLimitMs: number;
  readonly loadLimitMs: number;
  /** URLs of modules that export, as `models`, what opens kinds of models beside `onnx` (ModelFactories). */
  readonly models?: URL | readonly URL[] | undefined;
}

export const DEFAULT_RUNTIME_OPTIONS: RuntimeOptions = {
  workers: 1,
  intraOpThreads: 2,
  provider: 'cpu',
  spinning: true,
  maxQueued: 64,
  maxBatch: 8,
  runLimitMs: 30_000,
  loadLimitMs: 300_000,
};

/** Where a model runs. */
export interface Placement {
  readonly model: string;
  readonly requested: RequestedProvider;
  readonly provider: ExecutionProvider;
  /** For the operator: why not where it was asked to. */
  readonly fault: string | undefined;
}

export interface RuntimeObserver {
  modelPlaced?(placement: Placement): void;
  queueWait?(lane: Lane, priority: JobPriority, seconds: number): void;
  /** A worker is done with a job, well or not. */
  spent?(lane: Lane, cost: JobCost): void;
  workerLost?(lane: Lane, reason: string): void;
}

/** ONNX Runtime in worker threads: models by name, jobs by priority. */
export class InferenceRuntime {
  private readonly pools: Readonly<Record<Lane, WorkerPool>>;
  private readonly lanes = new Map<string, Lane>();
  private modelLost: (model: string, fault: AppError) => void = () => undefined;
  private readonly placements = new Map<string, Placement>();

  constructor(
    private readonly options: RuntimeOptions,
    private readonly observer: RuntimeObserver = {},
  ) {
    const { workers, intraOpThreads, provider, spinning, ...limits } = options;
    const common = { script: WORKER, ...limits };
    const watch = (lane: Lane): PoolObserver => ({
      queueWait: (priority, seconds) => observer.queueWait?.(lane, priority, seconds),
      spent: (cost) => observer.spent?.(lane, cost),
      workerLost: (reason) => observer.workerLost?.(lane, reason),
      modelLost: (model, fault) => this.forget(model, fault),
    });
    this.pools = {
      recognition: new WorkerPool(
        { ...common, workers, session: { provider, intraOpThreads, spinning } },
        watch('recognition'),
      ),
      signal: new WorkerPool(
        {
          ...common,
          workers: 1,
          maxQueued: 1024,
          session: { provider: 'cpu', intraOpThreads: 1, spinning: false },
        },
        watch('signal'),
      ),
    };
  }

  /** @throws AppError model.invalid, inference.interrupted */
  async load(source: ModelSource, lane: Lane = 'recognition'): Promise<ModelMetadata> {
    const metadata = await this.pools[lane].loadModel(source);
    this.lanes.set(source.name, lane);
    const { provider = 'cpu', providerFault } = metadata;
    const requested = lane === 'signal' ? 'cpu' : this.options.provider;
    const placement = { model: source.name, requested, provider, fault: providerFault };
    this.placements.set(source.name, placement);
    this.observer.modelPlaced?.(placement);
    return metadata;
  }

  /** Told of models that went with a lost worker and cannot be loaded again. */
  onModelLost(listener: (model: string, fault: AppError) => void): void {
    this.modelLost = listener;
  }

  async unload(model: string): Promise<void> {
    const lane = this.lanes.get(model);
    this.lanes.delete(model);
    this.placements.delete(model);
    if (lane) await this.pools[lane].unloadModel(model);
  }

  /** An operation of a model; see the model's own file for its operations. */
  run<T>(model: string, operation: string, payload: unknown, options: RunOptions): Promise<T> {
    return this.pools[this.laneOf(model)].run<T>(model, operation, payload, options);
  }

  /** Where the model's jobs run; models that are not loaded have the usual one. */
  protected laneOf(model: string): Lane {
    return this.lanes.get(model) ?? 'recognition';
  }

  private forget(model: string, fault: AppError): void {
    void this.unload(model).catch(() => undefined);
    this.modelLost(model, fault);
  }

  /** One run of a generic model. Outputs: all unless named. */
  infer(
    model: string,
    feeds: TensorMap,
    options: Partial<RunOptions> & { readonly outputs?: readonly string[] } = {},
  ): Promise<TensorMap> {
    const { outputs, ...run } = options;
    return this.run(model, 'infer', { feeds, outputs }, { priority: 'bulk', ...run });
  }

  /**
   * A recurrent model over the successive frames of a signal, in one message. The caller keeps the state, so that a
   * stream survives the loss of a worker.
   */
  scan(model: string, request: ScanRequest, options: Partial<RunOptions> = {}): Promise<ScanResult> {
    return this.run(model, 'scan', request, { priority: 'final', ...options });
  }

  /** Each holds its own copy of the lane's models. */
  workersIn(lane: Lane): number {
    return lane === 'signal' ? 1 : this.options.workers;
  }

  /** CUDA was asked for and some model runs on the CPU all the same. */
  get isFallenBack(): boolean {
    return [...this.placements.values()].some(
      ({ requested, provider }) => requested === 'cuda' && provider === 'cpu',
    );
  }

  get provider(): RequestedProvider {
    return this.options.provider;
  }

  busyness(lane: Lane): PoolLoad {
    return this.pools[lane].load;
  }

  async stop(): Promise<void> {
    await Promise.all([this.pools.recognition.stop(), this.pools.signal.stop()]);
  }
}
