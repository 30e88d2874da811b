/** Windows of different requests share the decoder's runs: none may notice. Over the real 8-bit model. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { JobCost, JobPriority } from '@parlance/onnx';
import { DEFAULT_WORDS, type WindowRequest, type WindowResult } from '@parlance/whisper';
import { loadAudio, openRecognition, type RecognitionRig } from '../support/recognition-rig.js';
import { READ_SPEECH, speechFile } from '../support/speech-samples.js';
import { textOf, windowRequest } from '../support/window-requests.js';

const MODEL = 'whisper-tiny.en';
const KIB = 1024;

interface Case {
  readonly priority: JobPriority;
  readonly request: WindowRequest;
}

interface Outcome {
  readonly text: string;
  readonly averageLogProbability: number;
  readonly words: readonly string[];
}

describe('windows decoded together', () => {
  let rig: RecognitionRig;
  let cases: readonly Case[];
  let alone: readonly Outcome[];

  beforeAll(async () => {
    rig = await openRecognition('int8');
    cases = await mixedCases();
    const outcomes: Outcome[] = [];
    for (const one of cases) outcomes.push(await decode(one));
    alone = outcomes;
  }, 120_000);
  afterAll(() => rig.runtime.stop());

  async function decode(
    { priority, request }: Case,
    options: { readonly signal?: AbortSignal; readonly spent?: (cost: JobCost) => void } = {},
  ): Promise<Outcome> {
    const result = await rig.runtime.run<WindowResult>(MODEL, 'window', request, { priority, ...options });
    const words = result.segments.flatMap((segment) => segment.words.map((word) => word.text));
    return { text: textOf(result), averageLogProbability: result.averageLogProbability, words };
  }

  function expectSame(ours: Outcome, index: number): void {
    const expected = alone[index]!;
    expect({ index, text: ours.text, words: ours.words }).toEqual({
      index,
      text: expected.text,
      words: expected.words,
    });
    expect(ours.averageLogProbability).toBe(expected.averageLogProbability);
  }

  it('say what each of them says alone, whatever their priorities, lengths and options', async () => {
    expect(new Set(alone.map(({ text }) => text)).size).toBeGreaterThanOrEqual(8);
    const rows: number[] = [];
    const spent = (cost: JobCost): number => rows.push(...cost.decodeRows);
    const together = await Promise.all(cases.map((one) => decode(one, { spent })));
    together.forEach(expectSame);
    expect(Math.max(...rows)).toBeGreaterThanOrEqual(3);
  }, 120_000);

  it('say the same when they come at other times and in another order', async () => {
    const random = sequence(7);
    const shuffled = cases.map((_, index) => ({ index, at: random() })).sort((a, b) => a.at - b.at);
    await Promise.all(
      shuffled.map(async ({ index, at }) => {
        await new Promise((resolve) => setTimeout(resolve, at * 600));
        expectSame(await decode(cases[index]!), index);
      }),
    );
  }, 120_000);

  it('are left by those nobody waits for any more, which changes nothing for the others and frees what they held', async () => {
    const random = sequence(11);
    await decode(cases[0]!);
    const before = process.memoryUsage().rss;
    for (let round = 0; round < 2; round++) {
      await Promise.all(
        cases.map(async (one, index) => {
          if (random() < 0.5) return expectSame(await decode(one), index);
          const signal = AbortSignal.timeout(Math.ceil(random() * 1500));
          const outcome = decode(one, { signal }).catch((error: { code?: string }) => error.code);
          const result = await outcome;
          if (typeof result === 'object') expectSame(result, index);
          else expect(result).toBe('request.cancelled');
        }),
      );
    }
    // The worker itself says when the last of the abandoned has left: an urgent one is alone again.
    const rows: number[] = [];
    expectSame(await decode(cases[0]!), 0);
    expectSame(await decode(cases[0]!, { spent: (cost) => rows.push(...cost.decodeRows) }), 0);
    expect(new Set(rows)).toEqual(new Set([1]));
    expect(rig.runtime.busyness('recognition')).toMatchObject({ running: 0, queued: 0 });
    expect((process.memoryUsage().rss - before) / KIB ** 2).toBeLessThan(150);
  }, 120_000);
});

/** Twelve windows: finals, interims and recordings, 2 to 15 s long, greedy and drawn, with prompts, prefixes and word times. */
async function mixedCases(): Promise<Case[]> {
  const read = await loadAudio(speechFile(READ_SPEECH.letter));
  const gothic = await loadAudio(speechFile(READ_SPEECH.gothic));
  const long = await loadAudio(speechFile('LJ001-0127'));
  const interim = { isInterim: true, decoding: { withoutTimestamps: true } };
  return [
    { priority: 'final', request: windowRequest(read, 5) },
    { priority: 'final', request: windowRequest(gothic, 6, { words: DEFAULT_WORDS }) },
    { priority: 'final', request: windowRequest(long, 8, { encodeFrames: 1000 }) },
    {
      priority: 'final',
      request: windowRequest(long, 6, { encodeFrames: 800, prompt: [2061, 318, 428, 30] }),
    },
    { priority: 'partial', request: windowRequest(read, 2, { ...interim, encodeFrames: 400 }) },
    { priority: 'partial', request: windowRequest(gothic, 4, { ...interim, encodeFrames: 600 }) },
    {
      priority: 'partial',
      request: windowRequest(long, 5, { ...interim, encodeFrames: 600, prefix: [1002, 339] }),
    },
    { priority: 'bulk', request: windowRequest(long, 15) },
    { priority: 'bulk', request: windowRequest(long, 10, { words: DEFAULT_WORDS }) },
    { priority: 'bulk', request: windowRequest(long, 12, { decoding: { temperatures: [0.8], seed: 5 } }) },
    {
      priority: 'bulk',
      request: windowRequest(gothic, 5, { decoding: { temperatures: [0.6], bestOf: 3, seed: 9 } }),
    },
    { priority: 'bulk', request: windowRequest(read, 5, { decoding: { suppressTokens: [-1, 11, 13] } }) },
  ];
}

/** Numbers of 0 to 1, the same at every run (a linear congruential generator). */
function sequence(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
