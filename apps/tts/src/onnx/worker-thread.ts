import { createRequire } from 'node:module';
import { Worker } from 'node:worker_threads';
import { AppError } from '@parlance/errors';
import type { FromWorker, GraphName, TensorValue, TensorValues, ToWorker, WorkerSetup } from './protocol.js';

export interface WorkerThreadOptions extends WorkerSetup {
  readonly runLimitMs: number;
  readonly loadLimitMs: number;
}

/** Compiled, also where this file itself is run from its source (tests). */
const ONNX_WORKER = createRequire(import.meta.url).resolve('@parlance/tts/onnx-worker');
/** How long a thread that was asked to leave may take. */
const LEAVE_LIMIT_MS = 5_000;

/** The thread ended, or does not answer; what it worked on may be tried with another one. */
export class ThreadLost extends Error {}

/** One worker thread seen from outside. It takes one run at a time. */
export class WorkerThread {
  /** Resolves when the model is loaded. Rejects with model.invalid where it cannot be, with ThreadLost where the thread ends. */
  readonly ready: Promise<{ isSplit: boolean }>;
  private readonly worker: Worker;
  private readonly opened = Promise.withResolvers<{ isSplit: boolean }>();
  private current: PromiseWithResolvers<readonly TensorValue[]> | undefined;
  private watchdog: NodeJS.Timeout | undefined;
  private state: 'alive' | 'leaving' | 'gone' = 'alive';

  /** @param onLost called once, when the thread ends or is given up without having been asked to leave */
  constructor(
    private readonly options: WorkerThreadOptions,
    private readonly onLost: (reason: string) => void,
  ) {
    const { file, splitBefore, threads } = options;
    const setup: WorkerSetup = { file, threads, ...(splitBefore === undefined ? {} : { splitBefore }) };
    // It keeps nothing but the model, which is not in its heap.
    const resourceLimits = { maxYoungGenerationSizeMb: 4, maxOldGenerationSizeMb: 64 };
    this.worker = new Worker(ONNX_WORKER, { workerData: setup, resourceLimits });
    this.worker.on('message', (message: FromWorker) => this.settle(message));
    this.worker.on('error', (error: Error) => this.lose(`fault: ${error.message}`));
    this.worker.on('messageerror', (error: Error) => this.lose(`fault: ${error.message}`));
    this.worker.on('exit', (code) => this.lose(`exit ${code}`));
    this.ready = this.opened.promise;
    this.ready.catch(() => undefined);
    this.watch(options.loadLimitMs);
  }

  /** @throws ThreadLost; AppError upstream.unavailable where the graph cannot be run with these inputs */
  run(graph: GraphName, feeds: TensorValues): Promise<readonly TensorValue[]> {
    if (this.state !== 'alive') return Promise.reject(new ThreadLost('ended'));
    const answer = Promise.withResolvers<readonly TensorValue[]>();
    this.current = answer;
    this.watch(this.options.runLimitMs);
    this.worker.postMessage({ kind: 'run', graph, feeds } satisfies ToWorker);
    return answer.promise;
  }

  /** Asks the thread to release its model and leave, after the run it is in. A thread may not be ended inside ONNX Runtime: the whole
   *  process would go with it. */
  async retire(): Promise<void> {
    if (this.state !== 'alive') return;
    this.state = 'leaving';
    clearTimeout(this.watchdog);
    const gone = new Promise<void>((resolve) => this.worker.once('exit', () => resolve()));
    this.worker.postMessage({ kind: 'retire' } satisfies ToWorker);
    this.fail(new ThreadLost('retired'));
    await Promise.race([gone, new Promise<void>((resolve) => setTimeout(resolve, LEAVE_LIMIT_MS).unref())]);
  }

  private settle(message: FromWorker): void {
    clearTimeout(this.watchdog);
    const { current } = this;
    switch (message.kind) {
      case 'ready':
        return this.opened.resolve({ isSplit: message.isSplit });
      case 'unusable':
        this.opened.reject(
          new AppError('model.invalid', 'The voice cannot be loaded.', { cause: message.reason }),
        );
        void this.retire();
        return;
      case 'done':
        this.current = undefined;
        return current?.resolve(message.outputs);
      case 'failed':
        this.current = undefined;
        return current?.reject(
          new AppError('upstream.unavailable', 'Speech could not be made just now.', {
            cause: message.reason,
          }),
        );
    }
  }

  private watch(limitMs: number): void {
    clearTimeout(this.watchdog);
    this.watchdog = setTimeout(() => {
      this.lose('stuck');
      this.worker.postMessage({ kind: 'retire' } satisfies ToWorker);
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
