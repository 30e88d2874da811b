import { join } from 'node:path';
import { Worker } from 'node:worker_threads';

export interface GraphTensor {
  readonly type: 'float32' | 'int64' | 'bool';
  readonly data: Float32Array | BigInt64Array | Uint8Array;
  readonly dims: readonly number[];
}

export interface GraphRequest {
  readonly id: number;
  readonly file: string;
  readonly feeds: Readonly<Record<string, GraphTensor>>;
}

type Outputs = Record<string, GraphTensor>;

export const floats = (data: Float32Array, dims: readonly number[]): GraphTensor => ({
  type: 'float32',
  data,
  dims,
});
export const ints = (data: readonly number[], dims: readonly number[]): GraphTensor => ({
  type: 'int64',
  data: BigInt64Array.from(data, BigInt),
  dims,
});
export const flags = (data: readonly boolean[], dims: readonly number[]): GraphTensor => ({
  type: 'bool',
  data: Uint8Array.from(data, Number),
  dims,
});
export const numbers = (tensor: GraphTensor): number[] =>
  Array.from(tensor.data as ArrayLike<number | bigint>, Number);

/** Runs the graphs of one compiled model folder on ONNX Runtime in a worker thread. Needs a build (dist/). */
export class GraphRunner {
  private readonly worker = new Worker(join(process.cwd(), 'dist/test/support/graph-worker.js'));
  private readonly waiting = new Map<
    number,
    { resolve: (outputs: Outputs) => void; reject: (error: Error) => void }
  >();
  private next = 0;

  constructor(private readonly folder: string) {
    this.worker.on('message', ({ id, outputs, error }: { id: number; outputs: Outputs; error?: string }) => {
      const { resolve, reject } = this.waiting.get(id)!;
      this.waiting.delete(id);
      if (error === undefined) resolve(outputs);
      else reject(new Error(error));
    });
    this.worker.on('error', (error) => {
      for (const { reject } of this.waiting.values()) reject(error);
      this.waiting.clear();
    });
  }

  /** @param graph its name in the manifest, such as `decode.f32` */
  run(graph: string, feeds: Readonly<Record<string, GraphTensor>>): Promise<Outputs> {
    const id = this.next++;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      this.worker.postMessage({ id, file: join(this.folder, `${graph}.onnx`), feeds } satisfies GraphRequest);
    });
  }

  async close(): Promise<void> {
    await this.worker.terminate();
  }
}
