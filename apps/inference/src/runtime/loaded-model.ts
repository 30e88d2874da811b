import { AppError } from '#libs/errors';
import type { Feeds, OnnxSession } from './onnx-session.js';
import type { JobPriority, ModelMetadata } from './protocol.js';
import type { RunGate } from './run-gate.js';

/** A model inside a worker: named operations over plain payloads. */
export interface LoadedModel {
  readonly metadata: ModelMetadata;
  run(operation: string, payload: unknown, job: Job): Promise<unknown>;
  close(): Promise<void>;
}

/** One request inside a worker; every graph run goes through it, so that runs can be ordered, counted and given up. */
export class Job {
  constructor(
    private readonly priority: JobPriority,
    private readonly cancelled: Int32Array,
    private readonly gate: RunGate,
    private readonly heartbeat: Int32Array,
  ) {}

  /** @throws AppError request.cancelled once nobody waits for the result */
  run(session: OnnxSession, feeds: Feeds, fetches?: readonly string[]): Promise<Feeds> {
    return this.gate.pass(this.priority, async () => {
      if (Atomics.load(this.cancelled, 0) !== 0)
        throw new AppError('request.cancelled', 'The request was cancelled.');
      Atomics.add(this.heartbeat, 0, 1);
      try {
        return await session.run(feeds, fetches);
      } finally {
        Atomics.add(this.heartbeat, 0, 1);
      }
    });
  }
}
