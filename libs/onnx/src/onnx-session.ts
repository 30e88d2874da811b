import { readFileSync } from 'node:fs';
import { env, InferenceSession, Tensor } from 'onnxruntime-node';
import { AppError } from '@parlance/errors';
import type {
  ExecutionProvider,
  RequestedProvider,
  OnnxSessionSettings,
  TensorMap,
  TensorSignature,
  TensorType,
  TensorValue,
} from './protocol.js';

/** x86's products of unsigned by signed bytes add up in 16 bits, which overflow, except with these instructions. */
const WIDE_SUMS = /\b(avx512_vnni|avx_vnni)\b/;

/** Whether 8-bit products with signed weights may come out wrong on this processor, so that the runtime must make them unsigned.
 *  The runtime does not look itself: asked to be careful, it also is where there is no need, and takes twice as long.
 *  @param processors what Linux says of them; elsewhere the worst is assumed */
export function byteProductsOverflow(
  architecture: string = process.arch,
  processors: string = readProcessors(),
): boolean {
  return architecture === 'x64' && !WIDE_SUMS.test(processors);
}

function readProcessors(): string {
  try {
    return readFileSync('/proc/cpuinfo', 'utf8');
  } catch {
    return '';
  }
}

// What goes wrong is thrown; ONNX Runtime's own lines on stderr would be no log lines.
env.logLevel = 'fatal';

/** Where this worker's graphs run, and why not where they were asked to. */
export interface ProviderChoice {
  readonly provider: ExecutionProvider;
  readonly reason?: string;
}

/** y = x, one float: the smallest ONNX model (IR 8, opset 13), to see whether a provider opens at all. */
const IDENTITY_MODEL = Buffer.from(
  'CAhCAhANOjcKEAoBeBIBeSIISWRlbnRpdHkSAWdaDwoBeBIKCggIARIECgIIAWIPCgF5EgoKCAgBEgQKAggB',
  'base64',
);

let choice: Promise<ProviderChoice> | undefined;

/** Decided once in a worker: CUDA needs a driver, a device and libraries that the CPU's package lacks. */
export function chooseProvider(requested: RequestedProvider): Promise<ProviderChoice> {
  choice ??= requested === 'cpu' ? Promise.resolve({ provider: 'cpu' }) : tryCuda();
  return choice;
}

async function tryCuda(): Promise<ProviderChoice> {
  try {
    const session = await InferenceSession.create(IDENTITY_MODEL, { executionProviders: ['cuda'] });
    await session.release();
    return { provider: 'cuda' };
  } catch (error) {
    return { provider: 'cpu', reason: (error as Error).message };
  }
}

/** Asked of the processor once: a model is several sessions. */
const UNSIGNED_WEIGHTS = byteProductsOverflow() ? '1' : '0';

/** Tensors that stay in a worker. */
export type Feeds = Readonly<Record<string, Tensor>>;
export { Tensor };

/** How sessions are opened, and who is told of it. */
export interface OnnxSessionContext extends OnnxSessionSettings {
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
   * Where CUDA is asked for and cannot be had, or cannot take this graph, it is opened on the CPU, with a fault that says so.
   * @param model an ONNX file, or its content
   * @throws AppError model.invalid where the file is missing, broken or uses operators unknown here
   */
  static async open(model: string | Uint8Array, settings: OnnxSessionContext): Promise<OnnxSession> {
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
  settings: OnnxSessionSettings,
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
