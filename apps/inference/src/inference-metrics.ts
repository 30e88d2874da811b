import type { Logger } from '#libs/telemetry';
import { counter, gauge, histogram } from '#libs/telemetry';
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
const recognitionRtf = histogram(
  'parlance_recognition_rtf',
  'Time to recognise over the length of the audio.',
  ['kind'],
  [0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.2, 0.5, 1, 2],
);
const stageSeconds = histogram('parlance_inference_stage_seconds', 'Time of one stage of recognition.', [
  'stage',
]);

export type RecognitionKind = 'partial' | 'final' | 'recording';

/** Runs one recognition and notes its time against the length of its audio, which may be known only afterwards. */
export async function timeRecognition<T>(
  kind: RecognitionKind,
  audioSeconds: number | ((result: T) => number),
  work: () => Promise<T>,
): Promise<T> {
  const start = performance.now();
  const result = await work();
  const seconds = (performance.now() - start) / 1000;
  stageSeconds.observe({ stage: kind }, seconds);
  const length = typeof audioSeconds === 'number' ? audioSeconds : audioSeconds(result);
  if (length > 0) recognitionRtf.observe({ kind }, seconds / length);
  return result;
}

export const admissionMetrics: AdmissionObserver = {
  liveStreams: (count) => activeStreams.set({ kind: 'live' }, count),
  recordings: (count) => activeStreams.set({ kind: 'recording' }, count),
};
activeStreams.set({ kind: 'live' }, 0);
activeStreams.set({ kind: 'recording' }, 0);

/** What the runtime and the model registry report, as metrics and log lines. */
export function recognitionObserver(logger: Logger): NonNullable<RecognitionOptions['observer']> {
  return {
    queueWait: (lane, priority, seconds) => queueWait.observe({ lane, priority }, seconds),
    workerLost: (lane, reason) => {
      workersLost.inc({ lane });
      logger.error({ lane, reason }, 'a worker was lost and is replaced');
    },
    stateChanged: (model, state, reason) => {
      modelReady.set({ model }, state === 'ready' ? 1 : 0);
      logger[state === 'failed' ? 'error' : 'info']({ model, state, reason }, 'model state changed');
    },
  };
}
