import type { Logger } from '@parlance/telemetry';
import { counter, gauge, histogram } from '@parlance/telemetry';
import type { Utterance } from '@parlance/whisper';
import type { AdmissionObserver } from './admission/admission.service.js';
import type { RecognitionOptions } from './recognition.module.js';

const activeStreams = gauge('parlance_inference_active_streams');
const queueWait = histogram('parlance_inference_queue_wait_seconds');
const workersLost = counter('parlance_inference_workers_lost_total');
const modelReady = gauge('parlance_inference_model_ready');
const modelsLoaded = gauge('parlance_inference_models_loaded');
const modelsBytes = gauge('parlance_inference_models_bytes');
const providerGauge = gauge('parlance_inference_provider');
const recognitionRtf = histogram('parlance_recognition_rtf');
const recognitionSeconds = histogram('parlance_recognition_seconds');
const stageSeconds = histogram('parlance_inference_stage_seconds');
const batchRows = histogram('parlance_inference_batch_rows');
const modelLoadSeconds = histogram('parlance_inference_model_load_seconds');
const firstInterim = histogram('parlance_recognition_first_interim_seconds');
const finalDelay = histogram('parlance_recognition_final_delay_seconds');
const probability = histogram('parlance_recognition_probability');
const assessmentSeconds = histogram('parlance_assessment_seconds');
const findings = counter('parlance_recognition_findings_total');

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

/** The first interim of an utterance was sent so long after the start of its speech was detected. */
export function noteFirstInterim(ms: number): void {
  firstInterim.observe(ms / 1000);
}

/** The final of an utterance was sent so long after its endpoint. */
export function noteFinalDelay(ms: number): void {
  finalDelay.observe(ms / 1000);
}

/** An assessment, of an expected text or of the recognised one, has taken so long; its recognition is not counted. */
export function noteAssessment(
  mode: 'scripted' | 'free',
  outcome: 'scored' | 'unscored',
  seconds: number,
): void {
  assessmentSeconds.observe({ mode, outcome }, seconds);
}

/** What is found about results, as signs of their quality where nobody says what was really spoken: no text passed the checks at the
 *  lowest temperature; there was nothing to transcribe; the text repeats itself; it was decoded once more, as a recording; it was written
 *  where nobody spoke, and dropped. */
export type RecognitionFinding = 'fallback' | 'no_speech' | 'repetition' | 'second_decode' | 'in_silence';

/** Counts a finding about a final, or about a segment of a recording. */
export function noteFinding(kind: 'final' | 'recording', finding: RecognitionFinding): void {
  findings.inc({ kind, finding });
}

/** Notes how sure the decoder was of a text, and whether it took more than the lowest temperature. */
export function noteText(
  kind: 'final' | 'recording',
  { averageLogProbability, temperature }: Pick<Utterance, 'averageLogProbability' | 'temperature'>,
): void {
  // A histogram whose values are negative has no sum that can be rated: the probability that the logarithm stands for.
  const mean = Math.exp(averageLogProbability);
  if (Number.isFinite(mean)) probability.observe({ kind }, mean);
  if (temperature > 0) noteFinding(kind, 'fallback');
}

const liveCapacity = gauge('parlance_inference_live_capacity');

const refusedStreams = counter('parlance_inference_refused_streams_total');

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
  const loadingSince = new Map<string, number>();
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
      // A model that lies on disk and is not wanted in memory is not late.
      if (state === 'available') modelReady.remove({ model });
      else modelReady.set({ model }, state === 'ready' ? 1 : 0);
      const begun = loadingSince.get(model);
      if (state === 'ready' && begun !== undefined)
        modelLoadSeconds.observe({ model }, (performance.now() - begun) / 1000);
      if (state === 'loading') loadingSince.set(model, performance.now());
      else loadingSince.delete(model);
      const labels = placements.get(model);
      if (labels && state === 'available') providerGauge.remove(labels);
      logger[state === 'failed' ? 'error' : 'info']({ model, state, reason }, 'model state changed');
    },
  };
}
