import { SPEECH_RATE_HZ } from '#libs/audio';
import type { RecognizerService } from '../whisper/recognizer.service.js';

/** A person's utterances last about so long, seconds. */
const UTTERANCE_SECONDS = 5;
/** Share of the time in which the person at the other end of a stream speaks. */
const SPEAKING_SHARE = 0.6;
/** Share of the workers' time that live streams may fill; the rest absorbs bursts of finals. */
const UTILISATION = 0.7;
/** Cost of a real interim and of a final, in interims of the probe's signal (tiny.en, 8 bits, read speech of 5 s): real
 *  speech has more tokens, a final encodes a whole window and aligns words. */
const INTERIM_COST = 1.4;
const FINAL_COST = 4.5;
const RUNS = 3;
const PITCH_HZ = 140;

/**
 * How many live streams the workers can keep in real time: interims every second and a final after every utterance, while
 * people speak. The time of one interim is measured, the rest is reckoned from it.
 * @param workers  recognition workers, each as fast as the one measured
 */
export async function measureLiveCapacity(
  recognizer: RecognizerService,
  model: string,
  workers: number,
): Promise<number> {
  const seconds: number[] = [];
  for (let run = 0; run < RUNS; run++) {
    const start = performance.now();
    await recognizer.recognizeUtterance(model, vowels(), { kind: 'partial' });
    seconds.push((performance.now() - start) / 1000);
  }
  return capacityOf(Math.min(...seconds), workers);
}

/** @param interimSeconds  time of one interim of the probe's signal */
export function capacityOf(interimSeconds: number, workers: number): number {
  const perStreamSecond = SPEAKING_SHARE * interimSeconds * (INTERIM_COST + FINAL_COST / UTTERANCE_SECONDS);
  return Math.max(1, Math.floor((UTILISATION * workers) / perStreamSecond));
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
