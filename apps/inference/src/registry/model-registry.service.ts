import { AppError, toAppError } from '#libs/errors';
import type { InferenceRuntime, Lane } from '../runtime/inference-runtime.service.js';
import type { ModelMetadata, ModelSource } from '../runtime/protocol.js';
import type { ModelCatalog } from './model-catalog.js';

export type ModelState = 'available' | 'loading' | 'ready' | 'failed';

export interface ModelStatus {
  readonly name: string;
  readonly kind: 'whisper' | 'onnx';
  readonly state: ModelState;
  readonly isDefault: boolean;
  /** Once loaded. */
  readonly metadata?: ModelMetadata;
  /** For the operator, where it failed. */
  readonly reason?: string;
}

export interface RegistryOptions {
  /** What an empty model name stands for. */
  readonly defaultModel: string;
  /** Loaded at start; the service is ready when all of them are. */
  readonly preload: readonly string[];
  /** Models that get the lane for small, urgent ones. */
  readonly signalModels: readonly string[];
}

export interface RegistryObserver {
  stateChanged?(model: string, state: ModelState, reason?: string): void;
}

interface Entry {
  source: ModelSource | undefined;
  state: Exclude<ModelState, 'available'>;
  metadata?: ModelMetadata;
  error?: AppError;
  users: number;
  loading: Promise<void>;
  /** Resolves when the last user is gone, while an unload waits for that. */
  onIdle?: () => void;
}

/** Which models are in memory, which could be, and who is using them. */
export class ModelRegistry {
  private readonly entries = new Map<string, Entry>();

  constructor(
    private readonly runtime: InferenceRuntime,
    private readonly catalog: ModelCatalog,
    private readonly options: RegistryOptions,
    private readonly observer: RegistryObserver = {},
  ) {}

  /** Begins to load what the configuration asks for; faults show in `faults()` and `isReady`, they do not throw. */
  async preload(): Promise<void> {
    await Promise.all(
      [...new Set(this.options.preload)].map((name) => this.load(name).catch(() => undefined)),
    );
  }

  get isReady(): boolean {
    return this.options.preload.every((name) => this.entries.get(name)?.state === 'ready');
  }

  /** Why preloaded models are not there. */
  faults(): string[] {
    return [...this.entries]
      .filter(([, entry]) => entry.error)
      .map(([name, entry]) => `${name}: ${entry.error?.message}`);
  }

  /** The name to use for what a client asked for. */
  resolve(name: string | undefined): string {
    return name || this.options.defaultModel;
  }

  /** Loads and warms up; a second call joins the first, a failed model is tried again. */
  async load(name: string): Promise<void> {
    const known = this.entries.get(name);
    if (known && known.state !== 'failed') return known.loading;
    const entry: Entry = { source: undefined, state: 'loading', users: 0, loading: Promise.resolve() };
    this.entries.set(name, entry);
    this.observer.stateChanged?.(name, 'loading');
    entry.loading = this.bring(name, entry);
    return entry.loading;
  }

  /** Waits for those who use it, then frees it. New users get `model.not_found` or load it again. */
  async unload(name: string): Promise<void> {
    const entry = this.entries.get(name);
    if (!entry) return;
    await entry.loading.catch(() => undefined);
    this.entries.delete(name);
    if (entry.users > 0) await new Promise<void>((resolve) => (entry.onIdle = resolve));
    if (entry.state === 'ready') await this.runtime.unload(name);
    this.observer.stateChanged?.(name, 'available');
  }

  /**
   * Holds the model in memory while `work` runs. A model that is on disk but not in memory begins to load.
   * @throws AppError model.not_found, model.loading, model.invalid
   */
  async use<T>(name: string, work: (metadata: ModelMetadata) => Promise<T>): Promise<T> {
    const release = await this.hold(name);
    try {
      return await work(release.metadata);
    } finally {
      release();
    }
  }

  /** As `use`, for holders whose life is no single call (streams). Call the result to let go. */
  async hold(name: string): Promise<(() => void) & { readonly metadata: ModelMetadata }> {
    const entry = this.entries.get(name);
    if (!entry || entry.state === 'failed') {
      await this.catalog.find(name);
      if (entry?.error && entry.error.code !== 'model.not_found') throw entry.error;
      void this.load(name).catch(() => undefined);
      throw new AppError('model.loading', `The model '${name}' is being loaded.`);
    }
    if (entry.state === 'loading' || !entry.metadata)
      throw new AppError('model.loading', `The model '${name}' is being loaded.`);
    entry.users++;
    let held = true;
    const release = (): void => {
      if (!held) return;
      held = false;
      entry.users--;
      if (entry.users === 0) entry.onIdle?.();
    };
    return Object.assign(release, { metadata: entry.metadata });
  }

  async list(): Promise<ModelStatus[]> {
    const sources = new Map((await this.catalog.list()).map((source) => [source.name, source]));
    for (const [name, entry] of this.entries) if (entry.source) sources.set(name, entry.source);
    return [...sources.values()].map(({ name, kind }) => {
      const entry = this.entries.get(name);
      return {
        name,
        kind,
        state: entry?.state ?? 'available',
        isDefault: name === this.options.defaultModel,
        ...(entry?.metadata ? { metadata: entry.metadata } : {}),
        ...(entry?.error ? { reason: entry.error.message } : {}),
      };
    });
  }

  private async bring(name: string, entry: Entry): Promise<void> {
    try {
      const source = await this.catalog.find(name);
      entry.source = source;
      const lane: Lane = this.options.signalModels.includes(name) ? 'signal' : 'recognition';
      const metadata = await this.runtime.load(source, lane);
      if (source.kind === 'whisper') await this.runtime.run(name, 'warm-up', {}, { priority: 'bulk' });
      entry.metadata = metadata;
      entry.state = 'ready';
      this.observer.stateChanged?.(name, 'ready');
    } catch (cause) {
      entry.error = toAppError(cause);
      entry.state = 'failed';
      this.observer.stateChanged?.(name, 'failed', entry.error.message);
      throw entry.error;
    }
  }
}
