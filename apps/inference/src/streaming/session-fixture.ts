import type { RecognitionResult, StreamingRecognizeResponse } from '@parlance/contracts';
import { VAD_FRAME_SAMPLES, type VoiceActivityDetector } from '@parlance/vad';
import type { Utterance, UtteranceOptions } from '@parlance/whisper';
import { readDecoding } from './decoding-config.js';
import { LiveSession } from './live-session.js';
import type { PauseJudge } from './pause-judge.js';
import type { PodView } from './pod-view.js';
import type { StreamConfig } from './stream-config.js';
import type { StreamRecognizer } from './stream-recognizer.js';

export const CONFIG: StreamConfig = {
  isLive: true,
  audio: { encoding: 's16le', sampleRateHz: 16000, channels: 1 },
  recognition: { model: 'm', language: 'en', wordTimestamps: true, ...readDecoding(undefined) },
  interimResults: true,
  endpointing: { silenceMs: 500, maxUtteranceMs: 28_000, threshold: 0.5 },
};
/** The language of every utterance is to be detected. */
export const UNTOLD = { ...CONFIG, recognition: { ...CONFIG.recognition, language: undefined } };
export const FINALS_ONLY = { ...CONFIG, interimResults: false };

interface Decode {
  readonly kind: UtteranceOptions['kind'];
  readonly samples: number;
  readonly prefix: string;
  readonly options: UtteranceOptions;
  readonly signal: AbortSignal | undefined;
  answer(text: string, compressionRatio?: number): void;
  /** With what the decode found of the language, and how sure it is of its words. */
  answerIn(language: string, languageProbability: number, text: string, confidence?: number): void;
  refuse(error: Error): void;
}

/** Takes each frame's first sample for the probability that it is speech. */
export const detector = {
  detect: (samples: Float32Array) =>
    Promise.resolve(
      Float32Array.from(
        { length: samples.length / VAD_FRAME_SAMPLES },
        (_, i) => samples[i * VAD_FRAME_SAMPLES]!,
      ),
    ),
} as VoiceActivityDetector;

/** A session whose voice activity is the loudness of its samples and whose decodes the test answers. */
export function openSession(config = CONFIG, isIdle = false, judge?: PauseJudge) {
  const decodes: Decode[] = [];
  const events: StreamingRecognizeResponse[] = [];
  const stopped: unknown[] = [];
  const latencies: number[] = [];
  const firstInterims: number[] = [];
  const clock = { ms: 0 };
  const gone = new AbortController();
  const session = new LiveSession(
    config,
    detector,
    {
      recognize: (_utterance, samples, { kind, signal, prefix = [], ...options }) =>
        new Promise((resolve, refuse) =>
          decodes.push({
            kind,
            samples: samples.length,
            prefix: prefix.map((word) => word.text).join(''),
            options: { kind, ...options },
            signal,
            answer: (text, ratio = 1) =>
              resolve({ ...utterance(text, prefix.length), compressionRatio: ratio }),
            answerIn: (language, languageProbability, text, confidence) =>
              resolve({ ...utterance(text, prefix.length, confidence), language, languageProbability }),
            refuse,
          }),
        ),
    } as Pick<StreamRecognizer, 'recognize'> as StreamRecognizer,
    {
      isCongested: false,
      signal: gone.signal,
      send: (event) => Promise.resolve(void events.push(event)),
      stop: (error) => stopped.push(error),
    },
    {
      isIdle: () => isIdle,
      now: () => clock.ms,
      finalSent: (ms: number) => void latencies.push(ms),
      firstInterimSent: (ms: number) => void firstInterims.push(ms),
    } as PodView,
    judge,
  );
  const push = (loudness: number, frames: number): Promise<void> =>
    session.push(new Float32Array(frames * VAD_FRAME_SAMPLES).fill(loudness));
  const results = (): RecognitionResult[] => events.flatMap((event) => (event.result ? [event.result] : []));
  return { session, decodes, events, stopped, latencies, firstInterims, clock, gone, push, results };
}

/** Words of 100 ms each, `committed` of them before these. */
function utterance(text: string, committed: number, confidence = 0.4): Utterance {
  const words = text
    .split(' ')
    .filter(Boolean)
    .map((word, i) => ({
      text: ` ${word}`,
      tokens: [word.length, word.charCodeAt(0)],
      startMs: (committed + i) * 100,
      endMs: (committed + i) * 100 + 90,
      confidence,
    }));
  return {
    words,
    language: 'en',
    noSpeechProbability: 0,
    averageLogProbability: -0.1,
    compressionRatio: 1,
    temperature: 0,
  };
}

/** Resolves once all that is ready has run. */
export const drainTasks = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
