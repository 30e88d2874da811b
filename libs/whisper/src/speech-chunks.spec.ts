import { describe, expect, it } from '@jest/globals';
import { SpeechChunks, SpeechStretches, type SpeechLimits } from './speech-chunks.js';

type Runs = readonly (readonly [frames: number, probability: number])[];
const FRAME = 512;

function probabilitiesOf(runs: Runs): Float32Array {
  return Float32Array.from(runs.flatMap(([frames, probability]) => Array<number>(frames).fill(probability)));
}

describe('stretches of speech', () => {
  // Golden: faster-whisper 1.2.1, vad.get_speech_timestamps, max_speech_duration_s=30, min_silence_duration_ms=160, its
  // model replaced by these probabilities; the recording ends 100 samples before the last frame does.
  it.each<[string, Runs, [number, number][]]>([
    [
      'short and long pauses',
      [
        [10, 0.1],
        [50, 0.9],
        [3, 0.1],
        [40, 0.8],
        [6, 0.2],
        [30, 0.9],
        [40, 0.1],
        [60, 0.95],
        [100, 0.05],
      ],
      [
        [0, 54272],
        [54272, 77568],
        [85248, 128768],
      ],
    ],
    [
      'a voice between the thresholds',
      [
        [5, 0.4],
        [20, 0.6],
        [8, 0.4],
        [5, 0.3],
        [1, 0.45],
        [20, 0.7],
        [4, 0.1],
      ],
      [[0, 32156]],
    ],
    [
      'more than 30 s with a pause',
      [
        [600, 0.9],
        [5, 0.1],
        [500, 0.9],
        [30, 0.1],
      ],
      [
        [0, 308480],
        [308480, 572160],
      ],
    ],
    [
      'more than 30 s with pauses too short to end it',
      [
        [300, 0.9],
        [4, 0.2],
        [300, 0.9],
        [4, 0.2],
        [290, 0.9],
        [4, 0.1],
        [100, 0.4],
        [400, 0.9],
      ],
      [
        [0, 473344],
        [506624, 717724],
      ],
    ],
    [
      'more than a minute without any',
      [
        [2000, 0.9],
        [10, 0.1],
      ],
      [
        [0, 467200],
        [467200, 934656],
        [934656, 1029020],
      ],
    ],
    [
      'a pause where the limit is',
      [
        [908, 0.9],
        [4, 0.1],
        [6, 0.3],
        [100, 0.9],
        [20, 0.1],
      ],
      [
        [0, 468480],
        [468480, 527616],
      ],
    ],
  ])('are those of faster-whisper in %s, whatever the pieces', (_, runs, golden) => {
    const probabilities = probabilitiesOf(runs);
    for (const size of [1, 7, 5000]) {
      const stretches = new SpeechStretches();
      const found = [];
      for (let at = 0; at < probabilities.length; at += size)
        found.push(...stretches.add(probabilities.subarray(at, at + size)));
      found.push(...stretches.end(probabilities.length * FRAME - 100));
      expect(found.map(({ from, to }) => [from, to])).toEqual(golden);
    }
  });
});

describe('stretches of speech by limits of their own', () => {
  const runs: Runs = [
    [50, 0.1],
    [50, 0.6],
    [20, 0.1],
    [50, 0.9],
    [50, 0.1],
  ];

  function stretchesOf(limits: SpeechLimits) {
    const stretches = new SpeechStretches(limits);
    const probabilities = probabilitiesOf(runs);
    return [...stretches.add(probabilities), ...stretches.end(probabilities.length * FRAME)];
  }

  it('begin at the probability that is asked for', () => {
    expect(stretchesOf({ vadThreshold: 0.8, vadPrefixMs: 0 })[0]?.from).toBe(120 * FRAME);
  });

  it('go on over a silence that is shorter than the one that ends them', () => {
    // The silence between has 640 ms.
    expect(stretchesOf({ vadSilenceMs: 600 })).toHaveLength(2);
    expect(stretchesOf({ vadSilenceMs: 700 })).toHaveLength(1);
  });

  it('have so much of the sound before them', () => {
    const [none, some] = [0, 1_000].map((vadPrefixMs) => stretchesOf({ vadPrefixMs })[0]!.from);
    expect([none, some]).toEqual([50 * FRAME, 50 * FRAME - 16_000]);
  });
});

describe('chunks of speech', () => {
  function chunksOf(runs: Runs) {
    const chunks = new SpeechChunks();
    const probabilities = probabilitiesOf(runs);
    return [...chunks.add(probabilities), ...chunks.end(probabilities.length * FRAME)];
  }

  it('join what fits into 30 s', () => {
    const sentences: Runs = Array.from({ length: 40 }, (_, i) => [90, i % 2 === 0 ? 0.9 : 0.1]);
    const chunks = chunksOf(sentences);
    expect(chunks.length).toBeGreaterThan(1);
    for (const { from, to } of chunks) expect(to - from).toBeLessThanOrEqual(3000);
    for (const { from, to } of chunks.slice(0, -1)) expect(to - from).toBeGreaterThan(2400);
  });

  it('do not reach over a long silence', () => {
    const chunks = chunksOf([
      [60, 0.9],
      [400, 0.01],
      [60, 0.9],
      [50, 0.01],
    ]);
    expect(chunks).toEqual([
      { from: 0, to: 232 },
      { from: 1432, to: 1704 },
    ]);
  });

  it('are none in silence', () => {
    expect(chunksOf([[10_000, 0.1]])).toEqual([]);
  });
});
