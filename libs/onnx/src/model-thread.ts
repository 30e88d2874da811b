import { createRequire } from 'node:module';
import { Worker } from 'node:worker_threads';
import { AppError } from '@parlance/errors';
import type { TensorMap, TensorValue } from './protocol.js';

export interface ThreadSetup {
  /** The ONNX file. */
  readonly file: string;
  /** A node before which the graph is cut in two, where that can be done (split-graph.ts). */
  readonly splitBefore?: string;
  /** An inner float tensor that the whole graph, or its front part, gives as well, last, where it has one of this name. */
  readonly reveal?: string;
  readonly threads: number;
}

/** The graph as it is in the file, or what lies before and behind the cut. */
export type GraphName = 'whole' | 'front' | 'back';

export type ToThread =
  | { readonly kind: 'run'; readonly graph: GraphName; readonly feeds: TensorMap }
  | { readonly kind: 'retire' };

export type FromThread =
  | { readonly kind: 'ready'; readonly isSplit: boolean }
  | { readonly kind: 'unusable'; readonly reason: string }
  | { readonly kind: 'done'; readonly outputs: readonly TensorValue[] }
  | { readonly kind: 'failed'; readonly reason: string };

/** What whoever asked for a run is told. */
export interface FaultTexts {
  /** model.invalid */
  readonly unusable: string;
  /** upstream.unavailable: the run failed, or its thread was lost twice */
  readonly failed: string;
  /** inference.overloaded */
  readonly busy: string;
}

export interface ModelThreadOptions extends ThreadSetup {
  /** A single run longer than this means that the thread is stuck; it is abandoned. */
  readonly runLimitMs: number;
  readonly loadLimitMs: number;
  readonly texts: FaultTexts;
}

/** Compiled, also where this file itself is run from its source (tests). */
const SCRIPT = createRequire(import.meta.url).resolve('@parlance/onnx/model-thread');
/** How long a thread that was asked to leave may take. */
const LEAVE_LIMIT_MS = 5_000;

/** The thread ended, or does not answer; what it worked on may be tried with another one. */
export class ThreadLost extends Error {}

/** One worker thread seen from outside. It takes one run at a time. */
export class ModelThread {
  /** Resolves when the model is loaded. Rejects with model.invalid where it cannot be, with ThreadLost where the thread ends. */
  readonly ready: Promise<{ isSplit: boolean }>;
  private readonly worker: Worker;
  private readonly opened = Promise.withResolvers<{ isSplit: boolean }>();
  private current: PromiseWithResolvers<readonly TensorValue[]> | undefined;
  private watchdog: NodeJS.Timeout | undefined;
  private state: 'alive' | 'leaving' | 'gone' = 'alive';

  /** @param onLost called once, when the thread ends or is abandoned without having been asked to stop */
  constructor(
    private readonly options: ModelThreadOptions,
    private readonly onLost: (reason: string) => void,
  ) {
    const { file, splitBefore, reveal, threads } = options;
    const setup: ThreadSetup = {
      file,
      threads,
      ...(splitBefore === undefined ? {} : { splitBefore }),
      ...(reveal === undefined ? {} : { reveal }),
    };
    // It keeps nothing but the model, which is not in its heap.
    const resourceLimits = { maxYoungGenerationSizeMb: 4, maxOldGenerationSizeMb: 64 };
    this.worker = new Worker(SCRIPT, { workerData: setup, resourceLimits });
    this.worker.on('message', (message: FromThread) => this.handle(message));
    this.worker.on('error', (error: Error) => this.lose(`fault: ${error.message}`));
    this.worker.on('messageerror', (error: Error) => this.lose(`fault: ${error.message}`));
    this.worker.on('exit', (code) => this.lose(`exit ${code}`));
    this.ready = this.opened.promise;
    this.ready.catch(() => undefined);
    this.watch(options.loadLimitMs);
  }

  /** @throws ThreadLost; AppError upstream.unavailable where the graph cannot be run with these inputs */
  run(graph: GraphName, feeds: TensorMap): Promise<readonly TensorValue[]> {
    if (this.state !== 'alive') return Promise.reject(new ThreadLost('ended'));
    const answer = Promise.withResolvers<readonly TensorValue[]>();
    this.current = answer;
    this.watch(this.options.runLimitMs);
    this.worker.postMessage({ kind: 'run', graph, feeds } satisfies ToThread);
    return answer.promise;
  }

  /** Asks the thread to release its model and leave, after the run it is in. A thread may not be ended inside ONNX Runtime: the whole
   *  process would go with it. */
  async retire(): Promise<void> {
    if (this.state !== 'alive') return;
    this.state = 'leaving';
    clearTimeout(this.watchdog);
    const gone = new Promise<void>((resolve) => this.worker.once('exit', () => resolve()));
    this.worker.postMessage({ kind: 'retire' } satisfies ToThread);
    this.fail(new ThreadLost('retired'));
    await Promise.race([gone, new Promise<void>((resolve) => setTimeout(resolve, LEAVE_LIMIT_MS).unref())]);
  }

  private handle(message: FromThread): void {
    clearTimeout(this.watchdog);
    const { current } = this;
    switch (message.kind) {
      case 'ready':
        return this.opened.resolve({ isSplit: message.isSplit });
      case 'unusable':
        this.opened.reject(
          new AppError('model.invalid', this.options.texts.unusable, { cause: message.reason }),
        );
        void this.retire();
        return;
      case 'done':
        this.current = undefined;
        return current?.resolve(message.outputs);
      case 'failed':
        this.current = undefined;
        return current?.reject(
          new AppError('upstream.unavailable', this.options.texts.failed, { cause: message.reason }),
        );
    }
  }

  private watch(limitMs: number): void {
    clearTimeout(this.watchdog);
    this.watchdog = setTimeout(() => {
      this.lose('stuck');
      this.worker.postMessage({ kind: 'retire' } satisfies ToThread);
      this.worker.unref();
    }, limitMs);
    this.watchdog.unref();
  }

  private lose(reason: string): void {
    clearTimeout(this.watchdog);
    const wasAlive = this.state === 'alive';
    this.state = 'gone';
    this.fail(new ThreadLost(reason));
    if (wasAlive) this.onLost(reason);
  }

  private fail(error: Error): void {
    this.opened.reject(error);
    this.current?.reject(error);
    this.current = undefined;
  }
}
