import type { AppError } from '@parlance/errors';
import type { ModelMetadata, ModelSource } from '@parlance/onnx';
import type { ModelHold } from '@parlance/whisper';

export type LoadState = 'available' | 'loading' | 'ready' | 'failed';

/** One requested model: its state and its users. */
export class RegistryEntry {
  source: ModelSource | undefined;
  state: Exclude<LoadState, 'available'> = 'loading';
  metadata: ModelMetadata | undefined;
  error: AppError | undefined;
  /** In all workers together; 0 until it has been admitted. */
  bytes = 0;
  users = 0;
  /** When it became ready, and when somebody last began or ended using it. */
  since = 0;
  lastUsed = 0;
  /** It is on disk and there is room for it. */
  admitted: Promise<void> = Promise.resolve();
  /** It is ready. */
  loading: Promise<void> = Promise.resolve();
  private onIdle: (() => void) | undefined;

  constructor(readonly name: string) {}

  becomeReady(metadata: ModelMetadata, now: number): void {
    this.metadata = metadata;
    this.state = 'ready';
    this.since = now;
    this.lastUsed = now;
  }

  fail(error: AppError): void {
    this.error = error;
    this.state = 'failed';
    this.bytes = 0;
  }

  /** Only once it is ready. */
  hold(now: () => number): ModelHold {
    this.users++;
    this.lastUsed = now();
    let held = true;
    const release = (): void => {
      if (!held) return;
      held = false;
      this.users--;
      this.lastUsed = now();
      if (this.users === 0) this.onIdle?.();
    };
    return Object.assign(release, { metadata: this.metadata as ModelMetadata });
  }

  /** Resolves when nobody uses it. */
  async idle(): Promise<void> {
    if (this.users > 0) await new Promise<void>((resolve) => (this.onIdle = resolve));
  }
}
