import { SPEECH_RATE_HZ } from '@parlance/audio';
import { FrameMeter } from './frame-measures.js';
import { integratedLoudness } from './loudness.js';
import { SpeechMeter } from './speech-meter.js';

/** Up to this probability of speech a frame is noise, as SpeechMeter has it. */
const NOISE_PROBABILITY = 0.15;
const SPEECH_PROBABILITY = 0.5;

/** Why a measure is not known. */
export const UNKNOWN_QUALITY = {
  'loudness.unknown': 'The recording is shorter than 400 ms, or nothing in it is louder than −70 LUFS.',
  'signal_to_noise.no_speech': 'Nobody speaks in the recording.',
  'signal_to_noise.no_pause': 'The recording has no pause, in which the noise could be measured.',
} as const;

/** How good a recording is, whatever was said in it and however well. */
export interface RecordingQuality {
  /** ITU-R BS.1770, LUFS. */
  readonly loudnessLufs: number | null;
  /** Power of the frames with speech, less the noise, over that of the frames without, dB, 0 to 100. */
  readonly signalToNoiseDb: number | null;
  /** Share of samples at full scale, 0 to 1. */
  readonly clippingShare: number;
  readonly peakDbfs: number;
  /** Of the frames without speech, root mean square. */
  readonly noiseLevelDbfs: number | null;
  /** One for each measure that is null. */
  readonly reasons: readonly { readonly code: keyof typeof UNKNOWN_QUALITY; readonly message: string }[];
}

/** @param samples  16 kHz mono
 *  @param probabilities  of speech, one for every complete 32 ms */
export function recordingQuality(samples: Float32Array, probabilities: Float32Array): RecordingQuality {
  const meter = new SpeechMeter();
  for (const frame of new FrameMeter().add(samples, probabilities)) meter.addFrame(frame);
  const { signalToNoiseDb, clippingRatio, peakDbfs, noiseLevelDbfs } = meter.measures();
  const loudnessLufs = integratedLoudness(samples, SPEECH_RATE_HZ) ?? null;
  const unknownNoise = whyNoiseIsUnknown(probabilities);
  const codes: (keyof typeof UNKNOWN_QUALITY)[] = [
    ...(loudnessLufs === null ? (['loudness.unknown'] as const) : []),
    ...(unknownNoise ? [unknownNoise] : []),
  ];
  return {
    loudnessLufs,
    signalToNoiseDb: unknownNoise ? null : signalToNoiseDb,
    clippingShare: clippingRatio,
    peakDbfs,
    noiseLevelDbfs: hasPause(probabilities) ? noiseLevelDbfs : null,
    reasons: codes.map((code) => ({ code, message: UNKNOWN_QUALITY[code] })),
  };
}

function whyNoiseIsUnknown(probabilities: Float32Array): keyof typeof UNKNOWN_QUALITY | undefined {
  if (!probabilities.some((probability) => probability >= SPEECH_PROBABILITY))
    return 'signal_to_noise.no_speech';
  return hasPause(probabilities) ? undefined : 'signal_to_noise.no_pause';
}

function hasPause(probabilities: Float32Array): boolean {
  return probabilities.some((probability) => probability <= NOISE_PROBABILITY);
}
