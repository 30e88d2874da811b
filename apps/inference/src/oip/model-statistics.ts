import type { ModelStatistics as Statistics } from '@parlance/contracts/proto/inference/ModelStatistics';
import type { JobCost } from '@parlance/onnx';

const NS_PER_MS = 1_000_000;
const PARTS = ['success', 'fail', 'queue', 'computeInput', 'computeInfer', 'computeOutput'] as const;
type Part = (typeof PARTS)[number];

/** Milliseconds that a request took in each part. */
export type RequestTimes = Partial<Record<Part, number>>;

interface Counted {
  lastInference: number;
  inferences: number;
  executions: number;
  readonly parts: Record<Part, { count: number; ms: number }>;
}

/** What requests of each model came to since the process started. */
export class ModelStatistics {
  private readonly models = new Map<string, Counted>();

  /** @param rows  of the batch: each is an inference of its own */
  note(model: string, times: RequestTimes, rows: number, now = Date.now()): void {
    const counted = this.models.get(model) ?? none();
    this.models.set(model, counted);
    counted.lastInference = now;
    if (times.success !== undefined) {
      counted.inferences += rows;
      counted.executions += 1;
    }
    for (const part of PARTS) {
      const ms = times[part];
      if (ms === undefined) continue;
      counted.parts[part].count += 1;
      counted.parts[part].ms += ms;
    }
  }

  /** A model without requests has zeros. */
  of(name: string, version: string): Statistics {
    const { lastInference, inferences, executions, parts } = this.models.get(name) ?? none();
    const durations = PARTS.map((part) => [
      part,
      { count: parts[part].count, ns: Math.round(parts[part].ms * NS_PER_MS) },
    ]);
    return {
      name,
      version,
      lastInference,
      inferenceCount: inferences,
      executionCount: executions,
      inferenceStats: Object.fromEntries(durations) as NonNullable<Statistics['inferenceStats']>,
    };
  }
}

/** The parts of a request that a worker knows of. */
export function workerTimes({ stages }: JobCost): RequestTimes {
  return { queue: stages.queue ?? 0, computeInfer: stages.infer ?? 0 };
}

function none(): Counted {
  const parts = Object.fromEntries(PARTS.map((part) => [part, { count: 0, ms: 0 }])) as Counted['parts'];
  return { lastInference: 0, inferences: 0, executions: 0, parts };
}
