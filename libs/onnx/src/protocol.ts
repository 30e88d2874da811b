/** What crosses between the main thread and an inference worker: plain data and transferred buffers only. */
import type { AppError, ErrorCode } from '@parlance/errors';

/** Live finals go before partials, partials before recordings, which keep a share of their own (run-gate.ts). */
export type JobPriority = 'final' | 'partial' | 'bulk';
export const PRIORITIES: readonly JobPriority[] = ['final', 'partial', 'bulk'];
/** Lower is more urgent. */
export const rankOf = (priority: JobPriority): number => PRIORITIES.indexOf(priority);

/** `f16` is for CUDA: the CPU computes it in casts to f32. */
export type Precision = 'f32' | 'int8' | 'int4' | 'f16';

export type ExecutionProvider = 'cpu' | 'cuda';
/** `cuda` where it is available, else the CPU with a fault; `auto` the same without the fault. */
export type RequestedProvider = ExecutionProvider | 'auto';

/** Where a job's time goes: `queue` is waiting, `infer` a generic model's run, the others are Whisper's. */
export const STAGES = ['queue', 'mel', 'encode', 'prefill', 'decode', 'words', 'infer'] as const;
export type Stage = (typeof STAGES)[number];
/** Milliseconds. */
export type StageTimes = Readonly<Partial<Record<Stage, number>>>;

export interface ModelSource {
  readonly name: string;
  /** `onnx`: one ONNX file. Other kinds are opened by the module that the runtime was given. */
  readonly kind: string;
  readonly location: string;
  readonly precision: Precision;
  /** Further files and folders that it is made of, by their roles. */
  readonly parts?: Readonly<Record<string, string>>;
}

export interface OnnxSessionSettings {
  readonly provider: RequestedProvider;
  readonly intraOpThreads: number;
  /** Between the operators of a run idle threads spin; between runs they sleep. */
  readonly spinning: boolean;
  /** Memory of tensors is kept for the next run; default: given back. */
  readonly arena?: boolean;
  /** Memory of a run is planned once for each set of shapes; default true. */
  readonly memoryPattern?: boolean;
}

export interface WorkerSetup {
  readonly session: OnnxSessionSettings;
  /** URLs of the modules that open kinds of models beside `onnx` (ModelFactories). */
  readonly models: readonly string[];
  /** Int32, see job.ts: the watchdog's sign of life, and whether the thread is in a native call. */
  readonly heartbeat: SharedArrayBuffer;
}

/** For whom a worker runs something. */
export interface Asker {
  readonly priority: JobPriority;
  readonly tenant: string;
  /** What names it in the costs of the jobs that share its runs. */
  readonly label?: string | undefined;
}

export type ToWorker =
  /** Finish the native call you are in, then end. */
  | { readonly kind: 'retire'; readonly id: number }
  | { readonly kind: 'load'; readonly id: number; readonly model: ModelSource }
  | { readonly kind: 'unload'; readonly id: number; readonly model: string }
  | {
      readonly kind: 'job';
      readonly id: number;
      readonly model: string;
      readonly operation: string;
      readonly payload: unknown;
      readonly priority: JobPriority;
      readonly tenant: string;
      readonly label?: string | undefined;
      /** Int32: [0] ≠ 0 once the result is no longer wanted. */
      readonly cancelled: SharedArrayBuffer;
    };

export interface Fault {
  readonly code: ErrorCode;
  readonly message: string;
  /** For the log only. */
  readonly detail?: string;
}

/** What a job cost. */
export interface JobCost {
  readonly stages: StageTimes;
  /** Rows of every decode run that ended in the worker since its last message, of any job. */
  readonly decodeRows: readonly number[];
  /** Labels of jobs that shared a run with this one, not all of very many. */
  readonly companions?: readonly string[];
}

export type FromWorker =
  | { readonly kind: 'done'; readonly id: number; readonly value: unknown; readonly cost?: JobCost }
  | { readonly kind: 'failed'; readonly id: number; readonly fault: Fault; readonly cost?: JobCost };

export function faultOf(error: AppError): Fault {
  const cause = error.cause instanceof Error ? (error.cause.stack ?? error.cause.message) : undefined;
  return { code: error.code, message: error.message, ...(cause === undefined ? {} : { detail: cause }) };
}

export type TensorType =
  | 'float32'
  | 'float64'
  | 'int64'
  | 'uint64'
  | 'int32'
  | 'uint32'
  | 'int16'
  | 'uint16'
  | 'int8'
  | 'uint8'
  | 'bool'
  | 'string';
export type TensorData =
  | Float32Array
  | Float64Array
  | BigInt64Array
  | BigUint64Array
  | Int32Array
  | Uint32Array
  | Int16Array
  | Uint16Array
  | Int8Array
  | Uint8Array
  | string[];

/** A tensor outside a worker. `bool` holds one byte an element. */
export interface TensorValue {
  readonly type: TensorType;
  readonly dims: readonly number[];
  readonly data: TensorData;
}
export type TensorMap = Readonly<Record<string, TensorValue>>;

export interface TensorSignature {
  readonly name: string;
  readonly type: TensorType;
  /** −1 where free. */
  readonly shape: readonly number[];
}

export interface ModelMetadata {
  readonly inputs: readonly TensorSignature[];
  readonly outputs: readonly TensorSignature[];
  /** Where its graphs run; `cpu` where only one of them does not run on CUDA. */
  readonly provider?: ExecutionProvider;
  /** For the operator: why it does not run where it was asked to. */
  readonly providerFault?: string | undefined;
  /** Whisper only. */
  readonly languages?: readonly string[];
  readonly multilingual?: boolean;
}

/** One model stepped over successive frames of a signal, its state carried along (VAD and other recurrent models). */
export interface ScanRequest {
  /** Frame i is `data[i*hop, i*hop + width)`; as many frames as fit. Sent as [1, width]. */
  readonly frames: {
    readonly input: string;
    readonly data: Float32Array;
    readonly width: number;
    readonly hop: number;
  };
  readonly state: {
    readonly input: string;
    readonly output: string;
    readonly dims: readonly number[];
    readonly data: Float32Array;
  };
  readonly constants: TensorMap;
  /** The output whose first element is kept for every frame. */
  readonly output: string;
}

export interface ScanResult {
  /** One value a frame. */
  readonly values: Float32Array;
  /** To be given to the next call. */
  readonly state: Float32Array;
}
