import { env, InferenceSession } from 'onnxruntime-node';
import type { ExecutionProvider, RequestedProvider } from './protocol.js';

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
