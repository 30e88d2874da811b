/** Entry of a worker thread that holds one model and runs its graphs, one at a time: a run blocks its thread. */
import { readFileSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import type { FromThread, GraphName, ThreadSetup, ToThread } from './model-thread.js';
import { OnnxSession, toTensor, toValue } from './onnx-session.js';
import type { TensorMap } from './protocol.js';
import { furtherOutput, splitGraph } from './split-graph.js';

interface Graph {
  readonly session: OnnxSession;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
}

const port = parentPort;
if (!port) throw new Error('model-thread.worker.ts runs as a worker thread only');

const { file, splitBefore, reveal, threads } = workerData as ThreadSetup;
const graphs = new Map<GraphName, Graph>();

function send(message: FromThread, transfer: readonly ArrayBuffer[] = []): void {
  port!.postMessage(message, transfer);
}

async function open(name: GraphName, model: string | Buffer): Promise<void> {
  const session = await OnnxSession.open(model, {
    provider: 'cpu',
    intraOpThreads: threads,
    spinning: false,
    // Runs are bounded in length, and so is the arena; without it the heap is torn by tensors of every size and grows to twice as much.
    arena: true,
    // A plan of memory would be made for every length of input.
    memoryPattern: false,
  });
  const names = (values: OnnxSession['inputs']): string[] => values.map((value) => value.name);
  graphs.set(name, { session, inputs: names(session.inputs), outputs: names(session.outputs) });
}

async function load(): Promise<void> {
  const isSplit = splitBefore !== undefined && (await openParts(splitBefore));
  if (!isSplit) await openWhole();
  send({ kind: 'ready', isSplit });
}

async function openWhole(): Promise<void> {
  if (reveal === undefined) return open('whole', file);
  const model = readFileSync(file);
  const further = furtherOutput(model, reveal);
  const revealing = further && Buffer.concat([model, further]);
  free(model);
  await open('whole', revealing ?? file);
  if (revealing) free(revealing);
}

async function openParts(node: string): Promise<boolean> {
  const model = readFileSync(file);
  try {
    const split = splitGraph(model, node, reveal);
    if (!split) return false;
    for (const part of ['front', 'back'] as const) {
      const bytes = split[part]();
      await open(part, bytes);
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

async function run(name: GraphName, feeds: TensorMap): Promise<void> {
  const graph = graphs.get(name);
  if (!graph) throw new Error(`this model has no graph '${name}'`);
  // Tensors that this model does not take are left out: only some voices have a choice of speakers.
  const [only] = Object.values(feeds);
  const tensors = graph.inputs.flatMap((input) => {
    // Behind a cut there is one input, named as the graph's author has it.
    const value = name === 'back' ? only : feeds[input];
    return value ? [[input, toTensor(value)] as const] : [];
  });
  const results = await graph.session.run(Object.fromEntries(tensors));
  const outputs = graph.outputs.map((output) => toValue(results[output]!));
  // Handed over, not copied: a thread that only waits for messages collects no garbage.
  send(
    { kind: 'done', outputs },
    outputs.flatMap(({ data }) => (Array.isArray(data) ? [] : [data.buffer as ArrayBuffer])),
  );
}

async function retire(): Promise<never> {
  await Promise.allSettled([...graphs.values()].map(({ session }) => session.close()));
  process.exit(0);
}

function reasonOf(error: Error): string {
  return error.cause instanceof Error ? error.cause.message : error.message;
}

const loading = load().catch((error: Error) => send({ kind: 'unusable', reason: reasonOf(error) }));

port.on('message', (message: ToThread) => {
  // A run blocks this thread, so messages come one after the other; the model may still be loading.
  void loading.then(() => {
    if (message.kind === 'retire') return retire();
    return run(message.graph, message.feeds).catch((error: Error) =>
      send({ kind: 'failed', reason: error.message }),
    );
  });
});
