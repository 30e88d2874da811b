import { SPEECH_RATE_HZ } from '#libs/audio';
import type { UtteranceRecognizer } from '../whisper/utterance-recognizer.service.js';

/** A person's utterances last about so long, seconds. */
const UTTERANCE_SECONDS = 5;
/** Share of the time in which the person at the other end of a stream speaks. */
const SPEAKING_SHARE = 0.6;
/** Share of the workers' time that live streams may fill; the rest absorbs bursts of finals. */
const UTILISATION = 0.7;
/** Cost of real speech over that of the probe's noise, which is encoded alike but hardly decoded: interims and finals of
 *  read speech, tiny.en in 8 bits, CPU time 105 : 75 ms and 370 : 346 ms. */
const SPEECH_INTERIM = 1.4;
const SPEECH_FINAL = 1.1;
const RUNS = 3;
/** With fewer nobody could try a second client; interims come later then, finals in order. */
const FEWEST = 2;

export interface ProbeTimes {
  /** One interim and one final of the probe's signal. */
  readonly interimSeconds: number;
  readonly finalSeconds: number;
}

/**
 * How many live streams the workers can keep in real time: interims every second and a final after every utterance, while
 * people speak. Measured at start, on soft noise of an utterance's length.
 * @param workers  recognition workers, each as fast as the one measured
 */
export async function measureLiveCapacity(
  recognizer: UtteranceRecognizer,
  model: string,
  workers: number,
): Promise<number> {
  const fastest = async (kind: 'partial' | 'final'): Promise<number> => {
    const seconds: number[] = [];
    for (let run = 0; run < RUNS; run++) {
      const start = performance.now();
      await recognizer.recognizeUtterance(model, softNoise(), { kind, withoutFallback: true });
      seconds.push((performance.now() - start) / 1000);
    }
    return Math.min(...seconds);
  };
  return capacityOf(
    { interimSeconds: await fastest('partial'), finalSeconds: await fastest('final') },
    workers,
  );
}

export function capacityOf({ interimSeconds, finalSeconds }: ProbeTimes, workers: number): number {
  const perSpokenSecond = SPEECH_INTERIM * interimSeconds + (SPEECH_FINAL * finalSeconds) / UTTERANCE_SECONDS;
  return Math.max(FEWEST, Math.floor((UTILISATION * workers) / (SPEAKING_SHARE * perSpokenSecond)));
}

/** Noise at −43 dBFS, the same every time. */
function softNoise(): Float32Array {
  return Float32Array.from(
    { length: UTTERANCE_SECONDS * SPEECH_RATE_HZ },
    (_, i) => 0.01 * Math.sin(12.9898 * i * i),
  );
}
