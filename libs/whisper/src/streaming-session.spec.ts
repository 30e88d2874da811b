import { describe, expect, it } from '@jest/globals';
import { VAD_FRAME_SAMPLES, type VoiceActivityDetector } from '@parlance/vad';
import type { RecognizedWord, UtteranceOptions } from './options.js';
import { StreamingSession, type StreamingOptions, type StreamingResult } from './streaming-session.js';
import type { UtteranceRecognizer } from './utterance-recognizer.js';

const FRAMES_PER_SECOND = 16_000 / VAD_FRAME_SAMPLES;
const seconds = (count: number, level: number): Float32Array =>
  new Float32Array(Math.round(count * FRAMES_PER_SECOND) * VAD_FRAME_SAMPLES).fill(level);
const word = (text: string, startMs: number, endMs: number): RecognizedWord => ({
  text,
  tokens: [1],
  startMs,
  endMs,
  confidence: 0.9,
});
const WORDS = [word(' One', 100, 300), word(' two', 300, 600), word('.', 600, 600)];

/** Speech is what is louder than half of full scale. */
const detector = {
  detect: (samples: Float32Array) =>
    Promise.resolve(
      Float32Array.from({ length: samples.length / VAD_FRAME_SAMPLES }, (_, frame) =>
        samples[frame * VAD_FRAME_SAMPLES]! > 0.5 ? 0.9 : 0,
      ),
    ),
} as unknown as VoiceActivityDetector;

function open(
  options: StreamingOptions = {},
  recognise: (kind: UtteranceOptions['kind']) => Promise<readonly RecognizedWord[]> = () =>
    Promise.resolve(WORDS),
): StreamingSession {
  const recognizer = {
    recognizeUtterance: async (_: string, __: Float32Array, { kind }: UtteranceOptions) => ({
      words: await recognise(kind),
      language: 'en',
    }),
  } as unknown as UtteranceRecognizer;
  return new StreamingSession(recognizer, detector, options);
}

async function speak(session: StreamingSession): Promise<void> {
  for (const samples of [seconds(1, 0), seconds(3, 0.8), seconds(1, 0)])
    for (let at = 0; at < samples.length; at += 8 * VAD_FRAME_SAMPLES)
      await session.push(samples.subarray(at, at + 8 * VAD_FRAME_SAMPLES));
  await session.end();
}

async function collect(session: StreamingSession): Promise<StreamingResult[]> {
  const spoken = speak(session);
  spoken.catch(() => undefined);
  const results: StreamingResult[] = [];
  for await (const result of session) results.push(result);
  await spoken;
  return results;
}

describe('a streaming session', () => {
  it('yields interim results while somebody speaks, and one final after the pause', async () => {
    const results = await collect(open());
    expect(results.map(({ isFinal }) => isFinal)).toEqual([false, false, false, true]);
    expect(results.at(-1)).toMatchObject({ text: 'One two.', language: 'en' });
  });

  it('gives words with times from the start of the stream, closing marks with the word before them', async () => {
    const { words, startMs } = (await collect(open({ interimResults: false })))[0]!;
    expect(words.map(({ text }) => text)).toEqual(['One', 'two.']);
    expect(startMs).toBeGreaterThan(600);
    expect(words[0]!.startMs).toBe(startMs + 100);
  });

  it('yields nothing for an utterance without words', async () => {
    expect(await collect(open({}, () => Promise.resolve([])))).toEqual([]);
  });

  it('tells both who pushes and who reads that decoding failed', async () => {
    const session = open({ interimResults: false }, () => Promise.reject(new Error('lost')));
    const spoken = expect(speak(session)).rejects.toThrow('lost');
    await expect(session[Symbol.asyncIterator]().next()).rejects.toThrow('lost');
    await spoken;
  });

  it('ends its results when it is stopped', async () => {
    const session = open();
    session.stop();
    expect(await session[Symbol.asyncIterator]().next()).toMatchObject({ done: true });
  });
});
