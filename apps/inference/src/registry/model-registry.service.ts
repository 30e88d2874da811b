import { AppError, toAppError } from '@parlance/errors';
import type { InferenceRuntime, Lane, ModelMetadata } from '@parlance/onnx';
import type { LoadedModels, ModelHold } from '@parlance/whisper';
import type { ModelCatalog } from './model-catalog.js';
import { footprintOf } from './model-footprint.js';
import { rebuildModel, type OutdatedModel } from './model-rebuild.js';
import { planRoom, type ModelMemoryOptions, type Resident } from './model-memory.js';
import { RegistryEntry, type LoadState } from './registry-entry.js';

export interface ModelStatus {
  readonly name: string;
  /** As in its ModelSource. */
  readonly kind: string;
  /** Its folder, or its one ONNX file. */
  readonly location: string;
  readonly state: LoadState;
  readonly isDefault: boolean;
  /** Once loaded. */
  readonly metadata?: ModelMetadata;
  /** For the operator, where it failed. */
  readonly reason?: string;
}

export interface RegistryOptions {
  /** The model for an empty name. */
  readonly defaultModel: string;
  /** Loaded at start and kept for ever; the service is ready when all of them are. */
  readonly preload: readonly string[];
  /** Models that get the lane for small, urgent ones. */
  readonly signalModels: readonly string[];
  /** How long a request waits for a model that is being loaded, milliseconds; 30 s where absent. */
  readonly loadWaitMs?: number;
  /** Without it no model is ever unloaded. */
  readonly memory?: ModelMemoryOptions;
  /** How long a compiled model of another version may take to be built anew, milliseconds; 5 minutes where absent. */
  readonly buildLimitMs?: number;
}

export interface RegistryObserver {
  stateChanged?(model: string, state: LoadState, reason?: string): void;
  /** A compiled model of another version is rebuilt from its checkpoint. */
  rebuilding?(model: string, graphVersion: string): void;
  /** Models in memory or on their way, and what they take together. */
  memoryChanged?(models: number, bytes: number): void;
}

/** Windows decoded together; what more of them need is taken when they come. */
const WARM_UP_WINDOWS = 2;
const LOAD_WAIT_MS = 30_000;
const BUILD_LIMIT_MS = 300_000;
const UNLIMITED: ModelMemoryOptions = { limitBytes: Infinity, minResidentMs: 0 };

/**
 * Which models are in memory, which could be, and who is using them. A model that somebody asks for is loaded; where memory
 * is short the idle one that was not used for longest leaves.
 */
export class ModelRegistry implements LoadedModels {
  private readonly entries = new Map<string, RegistryEntry>();
  /** Models on their way out, until their memory is free. */
  private readonly leaving = new Map<string, Promise<void>>();

  constructor(
    private readonly runtime: InferenceRuntime,
    private readonly catalog: ModelCatalog,
    private readonly options: RegistryOptions,
    private readonly observer: RegistryObserver = {},
    /** Milliseconds. */
    private readonly now: () => number = () => performance.now(),
    private readonly rebuild: (model: OutdatedModel, limitMs: number) => Promise<void> = rebuildModel,
  ) {
    runtime.onModelLost((name, fault) => {
      const entry = this.entries.get(name);
      if (entry) this.fail(entry, fault);
    });
  }

  /** Begins to load what the configuration asks for; faults show in `faults()` and `isReady`, they do not throw. */
  async preload(): Promise<void> {
    await Promise.all(
      [...new Set(this.options.preload)].map((name) => this.load(name).catch(() => undefined)),
    );
  }

  get isReady(): boolean {
    return this.options.preload.every((name) => this.entries.get(name)?.state === 'ready');
  }

  /** Why models are not there that were asked for. */
  faults(): string[] {
    return [...this.entries.values()]
      .filter((entry) => entry.error)
      .map((entry) => `${entry.name}: ${entry.error?.message}`);
  }

  /** The name to use for what a client asked for. */
  resolve(name: string | undefined): string {
    return name || this.options.defaultModel;
  }

  /**
   * Loads and warms up; a second call joins the first, a failed model is tried again.
   * @throws AppError model.not_found, model.invalid, model.too_large, inference.overloaded
   */
  load(name: string): Promise<void> {
    const known = this.entries.get(name);
    return (known && known.state !== 'failed' ? known : this.begin(name)).loading;
  }

  /** Waits for those who use it, then frees it. New users load it again. */
  async unload(name: string): Promise<void> {
    const entry = this.entries.get(name);
    await entry?.loading.catch(() => undefined);
    if (entry && this.entries.get(name) === entry) this.leave(entry);
    await this.leaving.get(name);
  }

  /**
   * Holds the model in memory while `work` runs. A model that is on disk but not in memory is loaded first.
   * @throws AppError model.not_found, model.loading, model.invalid, model.too_large, inference.overloaded
   */
  async use<T>(name: string, work: (metadata: ModelMetadata) => Promise<T>): Promise<T> {
    const release = await this.hold(name);
    try {
      return await work(release.metadata);
    } finally {
      release();
    }
  }

  /** As `use`, for holders whose life is no single call (streams). Call the result to let go. Waits for a model that is being
   *  loaded, up to `loadWaitMs`. */
  async hold(name: string): Promise<ModelHold> {
    let entry = this.entries.get(name);
    if (entry?.state === 'failed' && !entry.error?.retryable) {
      await this.catalog.find(name);
      throw entry.error ?? loadingError(name);
    }
    if (!entry || entry.state === 'failed') entry = this.begin(name);
    if (entry.state !== 'ready') await this.untilLoaded(entry);
    if (this.entries.get(name) !== entry) throw loadingError(name);
    return entry.hold(this.now);
  }

  /** @throws AppError what kept it from being loaded; model.loading when that takes longer than a request may wait */
  private async untilLoaded(entry: RegistryEntry): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      const limitMs = this.options.loadWaitMs ?? LOAD_WAIT_MS;
      timer = setTimeout(() => reject(loadingError(entry.name)), limitMs);
    });
    await Promise.race([entry.loading, late]).finally(() => clearTimeout(timer));
  }

  async list(): Promise<ModelStatus[]> {
    const sources = new Map((await this.catalog.list()).map((source) => [source.name, source]));
    for (const [name, entry] of this.entries) if (entry.source) sources.set(name, entry.source);
    return [...sources.values()].map(({ name, kind, location }) => {
      const entry = this.entries.get(name);
      return {
        name,
        kind,
        location,
        state: entry?.state ?? 'available',
        isDefault: name === this.options.defaultModel,
        ...(entry?.metadata ? { metadata: entry.metadata } : {}),
        ...(entry?.error ? { reason: entry.error.message } : {}),
      };
    });
  }

  /** When a model's files were installed or compiled, seconds since 1970; undefined where they are gone. */
  async installedAt(name: string): Promise<number | undefined> {
    const source =
      this.entries.get(name)?.source ?? (await this.catalog.list()).find((one) => one.name === name);
    return source && this.catalog.installedAt(source);
  }

  private begin(name: string): RegistryEntry {
    const entry = new RegistryEntry(name);
    this.entries.set(name, entry);
    entry.admitted = this.admit(entry);
    entry.loading = entry.admitted.then(() => this.bring(entry));
    entry.loading.catch((cause: unknown) => this.fail(entry, toAppError(cause)));
    return entry;
  }

  /** Finds the model, brings it up to date and makes room for it; nothing is loaded yet. */
  private async admit(entry: RegistryEntry): Promise<void> {
    await this.leaving.get(entry.name);
    const source = await this.catalog.find(entry.name);
    const outdated = await this.catalog.outdated(source);
    entry.source = source;
    if (outdated) {
      this.observer.rebuilding?.(entry.name, outdated.graphVersion);
      await this.rebuild(outdated, this.options.buildLimitMs ?? BUILD_LIMIT_MS);
    }
    entry.bytes = (await footprintOf(source)) * this.runtime.workersIn(this.laneOf(entry.name));
    const residents = [...this.entries.values()]
      .filter((other) => other !== entry && other.bytes > 0)
      .map((other) => this.residentOf(other));
    const names = planRoom(entry.bytes, residents, this.options.memory ?? UNLIMITED, this.now());
    for (const name of names) this.leave(this.entries.get(name)!);
    this.tellMemory();
    await Promise.all(this.leaving.values());
  }

  private async bring(entry: RegistryEntry): Promise<void> {
    const { name, source } = entry;
    if (!source) return;
    this.observer.stateChanged?.(name, 'loading');
    const metadata = await this.runtime.load(source, this.laneOf(name));
    try {
      if (source.kind === 'whisper') await this.warmUp(name);
    } catch (error) {
      await this.runtime.unload(name).catch(() => undefined);
      throw error;
    }
    entry.becomeReady(metadata, this.now());
    this.observer.stateChanged?.(name, 'ready');
  }

  /** Windows side by side in every worker: what is kept for them stays, so that memory is what it will be under work. */
  private async warmUp(name: string): Promise<void> {
    const windows = WARM_UP_WINDOWS * this.runtime.workersIn(this.laneOf(name));
    const run = (): Promise<unknown> => this.runtime.run(name, 'warm-up', {}, { priority: 'bulk' });
    await Promise.all(Array.from({ length: windows }, run));
  }

  /** A broken model stays in the registry, so that not every request loads it again. */
  private fail(entry: RegistryEntry, error: AppError): void {
    entry.fail(error);
    const isKnown = error.code === 'model.invalid' || this.options.preload.includes(entry.name);
    if (!isKnown && this.entries.get(entry.name) === entry) this.entries.delete(entry.name);
    this.tellMemory();
    // What a client asked for and is not there is the client's mistake, no model's state.
    if (entry.source || isKnown) this.observer.stateChanged?.(entry.name, 'failed', error.message);
  }

  private leave(entry: RegistryEntry): void {
    const { name } = entry;
    this.entries.delete(name);
    const free = async (): Promise<void> => {
      await entry.idle();
      // A worker that was lost meanwhile no longer has the model.
      if (entry.state === 'ready') await this.runtime.unload(name).catch(() => undefined);
      this.leaving.delete(name);
      this.tellMemory();
      this.observer.stateChanged?.(name, 'available');
    };
    this.leaving.set(name, free());
  }

  private residentOf({ name, bytes, state, users, since, lastUsed }: RegistryEntry): Resident {
    const isFixed = state !== 'ready' || users > 0 || this.isKept(name);
    return { name, bytes, isFixed, since, lastUsed };
  }

  /** Whether it stays in memory for ever: the service is not ready without it. */
  isKept(name: string): boolean {
    return name === this.options.defaultModel || this.options.preload.includes(name);
  }

  /** Where the model runs. */
  laneOf(name: string): Lane {
    return this.options.signalModels.includes(name) ? 'signal' : 'recognition';
  }

  private tellMemory(): void {
    const held = [...this.entries.values()].filter((entry) => entry.bytes > 0);
    this.observer.memoryChanged?.(
      held.length,
      held.reduce((sum, entry) => sum + entry.bytes, 0),
    );
  }
}

function loadingError(name: string): AppError {
  return new AppError('model.loading', `The model '${name}' is being loaded.`);
}
