/** Entry of an inference worker thread: loads models, runs jobs, keeps every tensor that need not leave. */
import { parentPort, workerData } from 'node:worker_threads';
import { AppError, isAppError, toAppError } from '@parlance/errors';
import { GenericModel } from './generic-model.js';
import { Job, Runs, type LoadedModel, type ModelFactories } from './job.js';
import { chooseProvider, type OnnxSession, type OnnxSessionContext } from './onnx-session.js';
import {
  faultOf,
  type FromWorker,
  type ModelMetadata,
  type ModelSource,
  type ToWorker,
  type WorkerSetup,
} from './protocol.js';
import { RunGate } from './run-gate.js';

type JobMessage = Extract<ToWorker, { readonly kind: 'job' }>;

const port = parentPort;
if (!port) throw new Error('worker.ts runs as a worker thread only');

const setup = workerData as WorkerSetup;
interface Held {
  readonly model: LoadedModel;
  readonly metadata: ModelMetadata;
  /** Jobs inside it: also those nobody waits for any more, which end at their next run. */
  readonly jobs: Set<Promise<unknown>>;
}

const models = new Map<string, Held>();
const factories: ModelFactories = { onnx: GenericModel, ...(await suppliedFactories()) };
const runs = new Runs(new RunGate(), new Int32Array(setup.heartbeat));

async function suppliedFactories(): Promise<ModelFactories> {
  const modules = setup.models.map((url) => import(url) as Promise<{ readonly models: ModelFactories }>);
  return Object.assign({}, ...(await Promise.all(modules)).map((module) => module.models)) as ModelFactories;
}

async function load(source: ModelSource): Promise<ModelMetadata> {
  const known = models.get(source.name);
  if (known) return known.metadata;
  const opened = await runs.watched(() => open(source));
  models.set(source.name, { ...opened, jobs: new Set() });
  return opened.metadata;
}

/** @throws AppError model.invalid; what was opened until then is closed again */
async function open(source: ModelSource): Promise<Pick<Held, 'model' | 'metadata'>> {
  const sessions: OnnxSession[] = [];
  const context: OnnxSessionContext = { ...setup.session, onOpen: (session) => sessions.push(session) };
  try {
    const factory = factories[source.kind];
    if (!factory)
      throw new AppError('model.invalid', `Models of the kind '${source.kind}' cannot be loaded.`);
    const model = await factory.open(await playable(source), context);
    const onCpu = sessions.find((session) => session.provider === 'cpu');
    const placement = onCpu
      ? { provider: onCpu.provider, providerFault: onCpu.providerFault }
      : { provider: 'cuda' as const };
    return { model, metadata: { ...model.metadata, ...placement } };
  } catch (cause) {
    await Promise.allSettled(sessions.map((session) => session.close()));
    if (isAppError(cause)) throw cause;
    throw new AppError('model.invalid', 'The model cannot be loaded.', { cause });
  }
}

/** Half precision is for CUDA; where that cannot be had, 8 bits are the CPU's. */
async function playable(source: ModelSource): Promise<ModelSource> {
  if (source.precision !== 'f16') return source;
  const { provider } = await chooseProvider(setup.session.provider);
  return provider === 'cuda' ? source : { ...source, precision: 'int8' };
}

async function unload(name: string): Promise<void> {
  const held = models.get(name);
  models.delete(name);
  await Promise.allSettled([...(held?.jobs ?? [])]);
  await held?.model.close();
}

async function perform(message: JobMessage, job: Job): Promise<unknown> {
  const held = models.get(message.model);
  if (!held) throw new AppError('model.loading', 'The model is not loaded here.');
  const work = held.model.run(message.operation, message.payload, job);
  held.jobs.add(work);
  return work.finally(() => held.jobs.delete(work));
}

/** Answers with the outcome of `work`, and for a job with what it cost. */
function answer(id: number, work: Promise<unknown>, job?: Job): void {
  const cost = () => {
    if (!job) return {};
    const { stages, companions } = job;
    return { cost: { stages, decodeRows: runs.drainDecodeRows(), companions } };
  };
  const send = (message: FromWorker): void => port?.postMessage(message);
  work.then(
    (value) => send({ kind: 'done', id, value, ...cost() }),
    (error: unknown) => {
      const fault = faultOf(isAppError(error) ? error : toAppError(error));
      send({ kind: 'failed', id, fault, ...cost() });
    },
  );
}

port.on('message', (message: ToWorker) => {
  switch (message.kind) {
    case 'retire':
      // Waits behind the run in progress, if any, and leaves nothing native behind.
      void runs.pass({ priority: 'final', tenant: '' }, () => process.exit(0));
      return;
    case 'load':
      return answer(message.id, load(message.model));
    case 'unload':
      return answer(message.id, unload(message.model));
    case 'job': {
      const job = new Job(message, new Int32Array(message.cancelled), runs);
      return answer(message.id, perform(message, job), job);
    }
  }
});
