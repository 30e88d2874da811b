/** Entry of an inference worker thread: loads models, runs jobs, keeps every tensor that need not leave. */
import { parentPort, workerData } from 'node:worker_threads';
import { AppError, isAppError, toAppError } from '#libs/errors';
import { WhisperModel } from '../whisper/engine/whisper-model.js';
import { GenericModel } from './generic-model.js';
import { Job, type LoadedModel } from './loaded-model.js';
import {
  faultOf,
  type FromWorker,
  type ModelMetadata,
  type ModelSource,
  type ToWorker,
  type WorkerSetup,
} from './protocol.js';
import { RunGate } from './run-gate.js';

const port = parentPort;
if (!port) throw new Error('worker.ts runs as a worker thread only');

const setup = workerData as WorkerSetup;
const heartbeat = new Int32Array(setup.heartbeat);
const models = new Map<string, LoadedModel>();
const gate = new RunGate();

async function load(source: ModelSource): Promise<ModelMetadata> {
  const known = models.get(source.name);
  if (known) return known.metadata;
  Atomics.add(heartbeat, 0, 1);
  const model = await open(source).finally(() => Atomics.add(heartbeat, 0, 1));
  models.set(source.name, model);
  return model.metadata;
}

function open(source: ModelSource): Promise<LoadedModel> {
  return source.kind === 'whisper'
    ? WhisperModel.open(source, setup.session)
    : GenericModel.open(source, setup.session);
}

async function unload(name: string): Promise<void> {
  const model = models.get(name);
  models.delete(name);
  await model?.close();
}

async function handle(message: Exclude<ToWorker, { readonly kind: 'retire' }>): Promise<unknown> {
  if (message.kind === 'load') return load(message.model);
  if (message.kind === 'unload') return unload(message.model);
  const model = models.get(message.model);
  if (!model) throw new AppError('model.loading', 'The model is not loaded here.');
  const job = new Job(message.priority, new Int32Array(message.cancelled), gate, heartbeat);
  return model.run(message.operation, message.payload, job);
}

port.on('message', (message: ToWorker) => {
  if (message.kind === 'retire') {
    // Waits behind the run in progress, if any, and leaves nothing native behind.
    void gate.pass('final', () => process.exit(0));
    return;
  }
  handle(message).then(
    (value) => port.postMessage({ kind: 'done', id: message.id, value } satisfies FromWorker),
    (error: unknown) => {
      const fault = isAppError(error) ? error : toAppError(error);
      port.postMessage({ kind: 'failed', id: message.id, fault: faultOf(fault) } satisfies FromWorker);
    },
  );
});
