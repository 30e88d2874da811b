import { SPEECH_RATE_HZ } from '#libs/audio';
import type { RecognizerService } from '../whisper/recognizer.service.js';

/** A person's utterances last about so long, seconds. */
const UTTERANCE_SECONDS = 5;
/** Share of the workers' time that live streams may fill; the rest absorbs bursts of finals. */
const UTILISATION = 0.7;
const PITCH_HZ = 140;

/**
 * How many live streams the workers can keep in real time. Measured: one interim and one final of a vowel-like signal of
 * `UTTERANCE_SECONDS`. Reckoned for each stream: an interim every second, a final every utterance.
 * @param workers  recognition workers, each as fast as the one measured
 */
export async function measureLiveCapacity(
  recognizer: RecognizerService,
  model: string,
  workers: number,
): Promise<number> {
  const time = async (kind: 'partial' | 'final'): Promise<number> => {
    const start = performance.now();
    await recognizer.recognizeUtterance(model, vowels(), { kind, withoutFallback: true });
    return (performance.now() - start) / 1000;
  };
  const secondsPerStreamSecond = (await time('partial')) + (await time('final')) / UTTERANCE_SECONDS;
  return Math.max(1, Math.floor((UTILISATION * workers) / secondsPerStreamSecond));
}

/** Harmonics of a voice, on and off in the rhythm of syllables. */
function vowels(): Float32Array {
  return Float32Array.from({ length: UTTERANCE_SECONDS * SPEECH_RATE_HZ }, (_, i) => {
    const t = i / SPEECH_RATE_HZ;
    const syllable = Math.max(0, Math.sin(2 * Math.PI * 2 * t));
    let voice = 0;
    for (let harmonic = 1; harmonic <= 12; harmonic++)
      voice += Math.sin(2 * Math.PI * PITCH_HZ * harmonic * t) / harmonic;
    return 0.15 * syllable * voice;
  });
}
