import { InferenceSession, Tensor } from 'onnxruntime-node';
import { AppError } from '@parlance/errors';
import { byteProductsOverflow } from './byte-products.js';
import { chooseProvider } from './execution-provider.js';
import type {
  ExecutionProvider,
  SessionSettings,
  TensorMap,
  TensorSignature,
  TensorType,
  TensorValue,
} from './protocol.js';

/** Asked of the processor once: a model is several sessions. */
const UNSIGNED_WEIGHTS = byteProductsOverflow() ? '1' : '0';

/** Tensors that stay in a worker. */
export type Feeds = Readonly<Record<string, Tensor>>;
export { Tensor };

/** How sessions are opened, and who hears of it. */
export interface SessionContext extends SessionSettings {
  readonly onOpen?: (session: OnnxSession) => void;
}

/** One ONNX graph, ready to run. Only worker threads create these: a run blocks its thread. */
export class OnnxSession {
  private constructor(
    private readonly session: InferenceSession,
    readonly provider: ExecutionProvider,
    /** Why it is not the provider that was asked for. */
    readonly providerFault: string | undefined,
  ) {}

  /**
   * Where CUDA is asked for and cannot be had, or cannot take this graph, it is opened on the CPU and says so.
   * @param model an ONNX file, or its content
   * @throws AppError model.invalid where the file is missing, broken or uses operators unknown here
   */
  static async open(model: string | Uint8Array, settings: SessionContext): Promise<OnnxSession> {
    const choice = await chooseProvider(settings.provider);
    let fault = choice.reason;
    let opened: OnnxSession | undefined;
    if (choice.provider === 'cuda')
      opened = await create(model, settings, 'cuda').then(
        (session) => new OnnxSession(session, 'cuda', undefined),
        (error: Error) => ((fault = error.message), undefined),
      );
    try {
      opened ??= new OnnxSession(await create(model, settings, 'cpu'), 'cpu', fault);
    } catch (cause) {
      throw new AppError('model.invalid', 'The model file cannot be loaded.', { cause });
    }
    settings.onOpen?.(opened);
    return opened;
  }

  get inputs(): readonly TensorSignature[] {
    return this.session.inputMetadata.map(signatureOf);
  }

  get outputs(): readonly TensorSignature[] {
    return this.session.outputMetadata.map(signatureOf);
  }

  /** @param fetches outputs wanted; all unless given. Into tensors of the caller's nothing is saved: the binding copies all outputs. */
  run(feeds: Feeds, fetches?: readonly string[]): Promise<Feeds> {
    return fetches ? this.session.run(feeds, fetches) : this.session.run(feeds);
  }

  async close(): Promise<void> {
    await this.session.release();
  }
}

function create(
  model: string | Uint8Array,
  settings: SessionSettings,
  provider: ExecutionProvider,
): Promise<InferenceSession> {
  const options: InferenceSession.SessionOptions = {
    executionProviders: [provider],
    graphOptimizationLevel: 'all',
    intraOpNumThreads: settings.intraOpThreads,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    // The arena keeps every peak for ever, for each session: without it a tiny.en pod holds 110 MB less, and runs no slower where the
    // allocator keeps what was freed (gpu-images/base.Dockerfile).
    enableCpuMemArena: settings.arena ?? false,
    enableMemPattern: settings.memoryPattern ?? true,
    // 4: nothing; warnings on harmless initialisers would fill the log, and errors are thrown.
    logSeverityLevel: 4,
    extra: {
      session: {
        intra_op: { allow_spinning: settings.spinning ? '1' : '0' },
        force_spinning_stop: '1',
        x64quantprecision: UNSIGNED_WEIGHTS,
      },
    },
  };
  return typeof model === 'string'
    ? InferenceSession.create(model, options)
    : InferenceSession.create(model, options);
}

function signatureOf(value: InferenceSession.ValueMetadata): TensorSignature {
  if (!value.isTensor) return { name: value.name, type: 'float32', shape: [] };
  return {
    name: value.name,
    type: value.type as TensorType,
    shape: value.shape.map((size) => (typeof size === 'number' ? size : -1)),
  };
}

export function toTensor(value: TensorValue): Tensor {
  return new Tensor(value.type as 'float32', value.data as Float32Array, value.dims);
}

export function toValue({ type, dims, data }: Tensor): TensorValue {
  return { type: type as TensorType, dims, data: data as TensorValue['data'] };
}

export function toValues(feeds: Feeds): TensorMap {
  return Object.fromEntries(Object.entries(feeds).map(([name, tensor]) => [name, toValue(tensor)]));
}
