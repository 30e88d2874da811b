import { SPEECH_RATE_HZ } from '@parlance/audio';
import type { RecognizedWord, UtteranceOptions, UtteranceRecognizer } from '@parlance/whisper';

/** Seconds that an utterance lasts on average. */
const UTTERANCE_SECONDS = 5;
const WINDOW_SECONDS = 4;
/** Finals decoded for one utterance: pauses within it look like its end until the speaker goes on. */
const FINALS = 2;
/** Share of the time in which the person at the other end of a stream speaks. */
const SPEAKING_SHARE = 0.7;
/** Share of the time that live streams may fill; the rest absorbs bursts of finals. */
const UTILISATION = 0.7;
/** Fewer streams make no capacity: nobody could try a second client. Beyond the machine's powers finals come later. */
const FEWEST = 2;
/** Where the wall clock says more than so many times what the processors worked, something else was using them. */
const INTERFERENCE = 1.5;

export interface ProbeTimes {
  /** What one utterance costs, decoded as it is spoken, seconds of the clock. */
  readonly wallSeconds: number;
  /** The same in seconds of the processors, all together. */
  readonly cpuSeconds: number;
}

/**
 * How many live streams this process can keep in real time with a model: everything that one spoken utterance takes (an
 * interim for each second, finals) is decoded side by side, as it is when many streams are open.
 * @param threads  that recognition computes with, all workers together
 * @param limitMs  time to spend; one utterance is decoded in any case
 */
export async function measureLiveCapacity(
  recognizer: UtteranceRecognizer,
  model: string,
  threads: number,
  limitMs: number,
): Promise<number> {
  const until = performance.now() + limitMs;
  let best: ProbeTimes | undefined;
  do {
    const times = await timeUtterance(recognizer, model);
    if (!best || times.wallSeconds < best.wallSeconds) best = times;
  } while (performance.now() + best.wallSeconds * 1000 < until);
  return capacityOf(best, threads);
}

export function capacityOf({ wallSeconds, cpuSeconds }: ProbeTimes, threads: number): number {
  const seconds = Math.min(wallSeconds, (INTERFERENCE * cpuSeconds) / threads);
  const streams = (UTILISATION * UTTERANCE_SECONDS) / (SPEAKING_SHARE * seconds);
  return Math.max(FEWEST, Math.floor(streams));
}

async function timeUtterance(recognizer: UtteranceRecognizer, model: string): Promise<ProbeTimes> {
  const recognize = (seconds: number, options: UtteranceOptions): Promise<unknown> =>
    recognizer.recognizeUtterance(model, softNoise(seconds), options);
  const cpu = process.cpuUsage();
  const begun = performance.now();
  await Promise.all([
    ...Array.from({ length: UTTERANCE_SECONDS }, () => recognize(WINDOW_SECONDS, probe('partial', 6, 5))),
    ...Array.from({ length: FINALS }, () => recognize(UTTERANCE_SECONDS, probe('final', 9, 6))),
  ]);
  const wallSeconds = (performance.now() - begun) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  return { wallSeconds, cpuSeconds: (user + system) / 1e6 };
}

/** Decodes as many tokens as speech would give: noise alone would end at once. */
function probe(kind: UtteranceOptions['kind'], committedWords: number, openTokens: number): UtteranceOptions {
  return {
    kind,
    // A language found in noise would seldom be the guessed one and cost a run more.
    language: 'en',
    prefix: Array.from({ length: committedWords }, (_, i): RecognizedWord => ({
      text: ' the',
      tokens: [ANY_TOKEN + i],
      startMs: 0,
      endMs: 0,
      confidence: 1,
    })),
    withoutFallback: true,
    decoding: {
      suppressTokens: END_TOKENS,
      sampleLen: openTokens,
      noSpeechThreshold: undefined,
      logprobThreshold: undefined,
      compressionRatioThreshold: undefined,
    },
  };
}

/** "End of text" in English-only and in multilingual vocabularies. */
const END_TOKENS = [50256, 50257];
/** Some word; which does not matter. */
const ANY_TOKEN = 262;

/** Noise at −43 dBFS, the same every time. */
function softNoise(seconds: number): Float32Array {
  return Float32Array.from({ length: seconds * SPEECH_RATE_HZ }, (_, i) => 0.01 * Math.sin(12.9898 * i * i));
}
