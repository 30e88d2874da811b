import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from '@jest/globals';
import { VAD_FRAME_SAMPLES } from '@parlance/vad';
import { LiveSession } from './live-session.js';
import type { PodView } from './pod-view.js';
import { CONFIG, detector } from './session-fixture.js';
import type { StreamRecognizer } from './stream-recognizer.js';

const HOURS = 2;
const FRAMES_A_SECOND = 16_000 / VAD_FRAME_SAMPLES;
/** A sentence of 24 s, longer than a window, and a pause of one. */
const TURN_SECONDS = 25;

setFlagsFromString('--expose_gc');
const collectGarbage = runInNewContext('gc') as () => void;

describe('LiveSession over hours', () => {
  it('keeps no more, and decodes no longer stretches, at the end than at the beginning', async () => {
    const clock = { ms: 0 };
    const decoded: { readonly atMs: number; readonly seconds: number }[] = [];
    let finals = 0;
    const session = new LiveSession(
      CONFIG,
      detector,
      {
        recognize: (_utterance, samples, { prefix = [] }) => {
          const seconds = samples.length / 16_000;
          decoded.push({ atMs: clock.ms, seconds });
          // Two words a second, all over the stretch; those that are committed are not decoded again.
          const words = Array.from({ length: Math.floor(seconds * 2) }, (_word, i) => ({
            text: ` word${i}`,
            tokens: [i],
            startMs: i * 500,
            endMs: i * 500 + 400,
            confidence: 0.9,
          })).slice(prefix.length);
          return Promise.resolve({
            words,
            language: 'en',
            noSpeechProbability: 0,
            averageLogProbability: 0,
            compressionRatio: 1,
            temperature: 0,
          });
        },
      } as Pick<StreamRecognizer, 'recognize'> as StreamRecognizer,
      {
        isCongested: false,
        signal: new AbortController().signal,
        send: ({ result }) => Promise.resolve(void (result?.isFinal && finals++)),
        stop: (error) => {
          throw error;
        },
      },
      {
        isIdle: () => false,
        now: () => clock.ms,
        finalSent: (_latencyMs: number) => undefined,
        firstInterimSent: (_latencyMs: number) => undefined,
      } as PodView,
    );
    const second = (loudness: number): Float32Array =>
      new Float32Array(FRAMES_A_SECOND * VAD_FRAME_SAMPLES).fill(loudness);
    const [speech, pause] = [second(0.9), second(0)];
    let heapAfterFirst = 0;
    for (let at = 0; at < HOURS * 3600; at++) {
      clock.ms = at * 1000;
      await session.push(at % TURN_SECONDS === TURN_SECONDS - 1 ? pause : speech);
      if (at === 600) heapAfterFirst = heapMiB();
    }
    const grownMiB = heapMiB() - heapAfterFirst;
    await session.flush();
    expect(finals).toBe(Math.floor((HOURS * 3600) / TURN_SECONDS));
    expect(grownMiB).toBeLessThan(20);
    const longest = (fromMs: number, toMs: number): number =>
      Math.max(...decoded.filter(({ atMs }) => atMs >= fromMs && atMs < toMs).map(({ seconds }) => seconds));
    const end = HOURS * 3600_000;
    expect(longest(end - 600_000, end)).toBeLessThanOrEqual(longest(0, 600_000));
    expect(longest(0, end)).toBeLessThan(13.5);
  }, 240_000);
});

function heapMiB(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed / 1024 ** 2;
}
