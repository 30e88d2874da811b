import type { Logger } from '@parlance/telemetry';
import { counter, gauge, histogram } from '@parlance/telemetry';
import type { AdmissionObserver } from './admission/admission.service.js';
import type { RecognitionOptions } from './recognition.module.js';

const activeStreams = gauge('parlance_inference_active_streams', 'Calls in progress, by kind.', ['kind']);
const queueWait = histogram('parlance_inference_queue_wait_seconds', 'Time a job waited for a worker.', [
  'lane',
  'priority',
]);
const workersLost = counter('parlance_inference_workers_lost_total', 'Workers that had to be replaced.', [
  'lane',
]);
const modelReady = gauge('parlance_inference_model_ready', '1 while the model is loaded and warm.', [
  'model',
]);
const modelsLoaded = gauge('parlance_inference_models_loaded', 'Models in memory or being loaded.');
const modelsBytes = gauge(
  'parlance_inference_models_bytes',
  'Memory the loaded models take in all workers, as estimated from their files.',
);
const providerGauge = gauge(
  'parlance_inference_provider',
  '1 where a model runs, beside where it was asked to.',
  ['model', 'provider', 'requested'],
);
const recognitionRtf = histogram(
  'parlance_recognition_rtf',
  'Time to recognise over the length of the audio.',
  ['kind'],
  [0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.2, 0.5, 1, 2],
);
const recognitionSeconds = histogram('parlance_recognition_seconds', 'Time of one recognition.', ['kind']);
const stageSeconds = histogram(
  'parlance_inference_stage_seconds',
  'Time of a job in one stage: waiting, or its share of the graph runs it was part of.',
  ['stage'],
);
const batchRows = histogram(
  'parlance_inference_batch_rows',
  'Rows decoded together in one run.',
  [],
  [1, 2, 3, 4, 5, 6, 7, 8, 16, 40],
);

export type RecognitionKind = 'partial' | 'final' | 'recording';

/** Runs one recognition and notes its time against the length of its audio. */
export async function timeRecognition<T>(
  kind: RecognitionKind,
  audioSeconds: number,
  work: () => Promise<T>,
): Promise<T> {
  const start = performance.now();
  const result = await work();
  noteRecognition(kind, (performance.now() - start) / 1000, audioSeconds);
  return result;
}

/** A recognition of so much audio has taken so long. */
export function noteRecognition(kind: RecognitionKind, seconds: number, audioSeconds: number): void {
  recognitionSeconds.observe({ kind }, seconds);
  if (audioSeconds > 0) recognitionRtf.observe({ kind }, seconds / audioSeconds);
}

const liveCapacity = gauge(
  'parlance_inference_live_capacity',
  'Live streams this process holds in real time.',
  ['model'],
);

const refusedStreams = counter(
  'parlance_inference_refused_streams_total',
  'Live streams refused for want of capacity: what the operator scales on when pods are full.',
);

export const admissionMetrics: AdmissionObserver = {
  liveRefused: () => refusedStreams.inc(),
  liveCapacity: (model, streams) => liveCapacity.set({ model }, streams),
  liveStreams: (count) => activeStreams.set({ kind: 'live' }, count),
  recordings: (count) => activeStreams.set({ kind: 'recording' }, count),
};
activeStreams.set({ kind: 'live' }, 0);
activeStreams.set({ kind: 'recording' }, 0);

/** What the runtime and the model registry report, as metrics and log lines. */
export function recognitionObserver(logger: Logger): NonNullable<RecognitionOptions['observer']> {
  const placements = new Map<string, { model: string; provider: string; requested: string }>();
  let isFallbackTold = false;
  return {
    queueWait: (lane, priority, seconds) => queueWait.observe({ lane, priority }, seconds),
    modelPlaced: ({ model, requested, provider, fault }) => {
      const labels = { model, provider, requested };
      placements.set(model, labels);
      providerGauge.set(labels, 1);
      if (requested === 'cuda' && provider === 'cpu' && !isFallbackTold) {
        isFallbackTold = true;
        logger.warn({ model, requested, provider, fault }, 'CUDA cannot be had: models run on the CPU');
      }
    },
    spent: (lane, { stages, decodeRows }) => {
      if (lane === 'signal') return;
      for (const [stage, ms] of Object.entries(stages)) stageSeconds.observe({ stage }, ms / 1000);
      for (const rows of decodeRows) batchRows.observe(rows);
    },
    workerLost: (lane, reason) => {
      workersLost.inc({ lane });
      logger.error({ lane, reason }, 'a worker was lost and is replaced');
    },
    memoryChanged: (models, bytes) => {
      modelsLoaded.set(models);
      modelsBytes.set(bytes);
    },
    rebuilding: (model, graphVersion) =>
      logger.warn({ model, graphVersion }, 'a model compiled for another version is built anew'),
    stateChanged: (model, state, reason) => {
      modelReady.set({ model }, state === 'ready' ? 1 : 0);
      const labels = placements.get(model);
      if (labels && state === 'available') providerGauge.remove(labels);
      logger[state === 'failed' ? 'error' : 'info']({ model, state, reason }, 'model state changed');
    },
  };
}
