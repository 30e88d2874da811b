/** What crosses between the service's thread and a worker that runs one model's graphs. */
export interface TensorValue {
  readonly type: 'float32' | 'int64';
  readonly dims: readonly number[];
  readonly data: Float32Array | BigInt64Array;
}
export type TensorValues = Readonly<Record<string, TensorValue>>;

export interface WorkerSetup {
  /** The ONNX file. */
  readonly file: string;
  /** A node before which the graph is cut in two, where that can be done (split-graph.ts). */
  readonly splitBefore?: string;
  readonly threads: number;
}

/** The graph as it is in the file, or what lies before and behind the cut. */
export type GraphName = 'whole' | 'front' | 'back';

export type ToWorker =
  | { readonly kind: 'run'; readonly graph: GraphName; readonly feeds: TensorValues }
  | { readonly kind: 'retire' };

export type FromWorker =
  | { readonly kind: 'ready'; readonly isSplit: boolean }
  | { readonly kind: 'unusable'; readonly reason: string }
  | { readonly kind: 'done'; readonly outputs: readonly TensorValue[] }
  | { readonly kind: 'failed'; readonly reason: string };
