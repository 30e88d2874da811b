import { parentPort } from 'node:worker_threads';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { byteProductsOverflow } from '@parlance/onnx/model';
import type { GraphRequest, GraphTensor } from './graph-runner.js';

/** As the product opens its sessions: without it, sums of byte products overflow on some processors. */
const OPTIONS: InferenceSession.SessionOptions = {
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
  extra: { session: { x64quantprecision: byteProductsOverflow() ? '1' : '0' } },
};

/** Runs compiled graphs for GraphRunner. A thread of its own, because under jest's module realm the runtime does not know its own tensors. */
const sessions = new Map<string, Promise<InferenceSession>>();

async function run({ file, feeds }: GraphRequest): Promise<Record<string, GraphTensor>> {
  if (!sessions.has(file)) sessions.set(file, InferenceSession.create(file, OPTIONS));
  const session = await sessions.get(file)!;
  const inputs = Object.entries(feeds).map(([name, { type, data, dims }]) => [
    name,
    new Tensor(type, data, dims),
  ]);
  const outputs = await session.run(Object.fromEntries(inputs) as Record<string, Tensor>);
  return Object.fromEntries(
    Object.entries(outputs).map(([name, { type, data, dims }]) => [name, { type, data, dims }]),
  ) as Record<string, GraphTensor>;
}

parentPort!.on('message', (request: GraphRequest) => {
  run(request).then(
    (outputs) => parentPort!.postMessage({ id: request.id, outputs }),
    (error: unknown) => parentPort!.postMessage({ id: request.id, error: String(error) }),
  );
});
