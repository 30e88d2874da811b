/** Entry of a worker thread that holds one voice model and runs its graphs, one at a time: a run blocks its thread. */
import { readFileSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { env, InferenceSession, Tensor } from 'onnxruntime-node';
import type { FromWorker, GraphName, TensorValue, TensorValues, ToWorker, WorkerSetup } from './protocol.js';
import { splitGraph } from './split-graph.js';

const port = parentPort;
if (!port) throw new Error('worker.ts runs as a worker thread only');

// What goes wrong is thrown; ONNX Runtime's own lines on stderr would be no log lines.
env.logLevel = 'fatal';

const { file, splitBefore, threads } = workerData as WorkerSetup;
const sessions = new Map<GraphName, InferenceSession>();

function send(message: FromWorker, transfer: readonly ArrayBuffer[] = []): void {
  port!.postMessage(message, transfer);
}

async function open(model: string | Buffer): Promise<InferenceSession> {
  const options: InferenceSession.SessionOptions = {
    executionProviders: ['cpu'],
    graphOptimizationLevel: 'all',
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    // Runs are bounded in length, and so is the arena; without it the heap is torn by tensors of every size and grows to twice as much.
    enableCpuMemArena: true,
    // A plan of memory would be made for every length of text.
    enableMemPattern: false,
    logSeverityLevel: 4,
    extra: { session: { intra_op: { allow_spinning: '0' }, force_spinning_stop: '1' } },
  };
  return typeof model === 'string'
    ? InferenceSession.create(model, options)
    : InferenceSession.create(model, options);
}

async function load(): Promise<void> {
  const isSplit = splitBefore !== undefined && (await openParts(splitBefore));
  if (!isSplit) sessions.set('whole', await open(file));
  send({ kind: 'ready', isSplit });
}

async function openParts(node: string): Promise<boolean> {
  const model = readFileSync(file);
  try {
    const split = splitGraph(model, node);
    if (!split) return false;
    for (const part of ['front', 'back'] as const) {
      const bytes = split[part]();
      sessions.set(part, await open(bytes));
      free(bytes);
    }
    return true;
  } finally {
    free(model);
  }
}

/** Gives the memory back now: a thread that only waits for messages collects no garbage. */
function free(bytes: Buffer): void {
  (bytes.buffer as ArrayBuffer).transfer(0);
}

async function run(graph: GraphName, feeds: TensorValues): Promise<void> {
  const session = sessions.get(graph);
  if (!session) throw new Error(`this model has no graph '${graph}'`);
  // Tensors that this model does not take are left out: only some voices have a choice of speakers.
  const [only] = Object.values(feeds);
  const tensors = session.inputNames.flatMap((name) => {
    // Behind a cut there is one input, named as the graph's author has it.
    const value = graph === 'back' ? only : feeds[name];
    return value ? [[name, new Tensor(value.type, value.data as Float32Array, value.dims)] as const] : [];
  });
  const results = await session.run(Object.fromEntries(tensors));
  const outputs = session.outputNames.map((name): TensorValue => {
    const { type, dims, data } = results[name]!;
    return { type: type as TensorValue['type'], dims, data: data as Float32Array };
  });
  // Handed over, not copied: a thread that only waits for messages collects no garbage.
  send(
    { kind: 'done', outputs },
    outputs.map(({ data }) => data.buffer as ArrayBuffer),
  );
}

async function retire(): Promise<never> {
  await Promise.allSettled([...sessions.values()].map((session) => session.release()));
  process.exit(0);
}

const loading = load().catch((error: Error) => send({ kind: 'unusable', reason: error.message }));

port.on('message', (message: ToWorker) => {
  // A run blocks this thread, so messages come one after the other; the model may still be loading.
  void loading.then(() => {
    if (message.kind === 'retire') return retire();
    return run(message.graph, message.feeds).catch((error: Error) =>
      send({ kind: 'failed', reason: error.message }),
    );
  });
});
