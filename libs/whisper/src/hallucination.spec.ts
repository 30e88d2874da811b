import { describe, expect, it } from '@jest/globals';
import { skipSilence, type SilenceRule } from './hallucination.js';
import type { WindowResult, WindowSegment } from './window.js';

const RULE: SilenceRule = { threshold: 2, lastSpeech: 0, frames: 3000, recordingFrames: 9000 };

/** Words of a segment one behind the other; unlikely ones have a probability of 0.05. */
function segment(start: number, end: number, isLikely: boolean): WindowSegment {
  const words = [0, 1, 2].map((i) => {
    const length = (end - start) / 3;
    const from = start + i * length;
    return {
      text: ' word',
      tokens: [1],
      start: from,
      end: from + length,
      probability: isLikely ? 0.9 : 0.05,
    };
  });
  return { start, end, text: ' word word word', tokens: [1, 1, 1], words };
}

function windowOf(seek: number, segments: readonly WindowSegment[], nextSeek: number): WindowResult {
  return {
    segments,
    seek,
    nextSeek,
    lastSpeech: segments.at(-1)?.end ?? 0,
    loudest: 0,
    language: 'en',
    temperature: 0,
    averageLogProbability: -0.3,
    noSpeechProbability: 0.1,
    compressionRatio: 1,
    isSilent: false,
    endsWithSingleTimestamp: true,
  };
}

// By hand from openai-whisper 20250625, transcribe.py.
describe('silence around words that may be invented', () => {
  it('leaves a window of likely words as it is', () => {
    const window = windowOf(0, [segment(1, 3, true), segment(8, 10, true)], 3000);
    expect(skipSilence(window, RULE)).toEqual(window);
  });

  it('is skipped before a first segment of unlikely words', () => {
    const skipped = skipSilence(windowOf(1000, [segment(15.5, 17, false)], 4000), { ...RULE, lastSpeech: 9 });
    expect(skipped).toMatchObject({ segments: [], nextSeek: 1550, lastSpeech: 9, isSilent: true });
  });

  it('takes an unlikely segment between silences out and goes on at its start', () => {
    const spoken = segment(1, 4, true);
    const window = windowOf(0, [spoken, segment(8, 10, false), segment(20, 22, true)], 3000);
    expect(skipSilence(window, RULE)).toMatchObject({ segments: [spoken], nextSeek: 800, lastSpeech: 4 });
  });

  it('keeps an unlikely segment that speech follows at once', () => {
    const window = windowOf(0, [segment(1, 3, true), segment(8, 10, false), segment(10.5, 14, true)], 3000);
    expect(skipSilence(window, RULE).segments).toHaveLength(3);
  });

  it('ends the recording where less than the threshold is left behind an unlikely segment', () => {
    const spoken = segment(61, 63, true);
    const window = windowOf(6000, [spoken, segment(85, 88.5, false)], 9000);
    expect(skipSilence(window, { ...RULE, lastSpeech: 59 })).toMatchObject({
      segments: [spoken],
      nextSeek: 9000,
    });
  });

  it.each([
    [20, 2000],
    [28.5, 3000],
  ])('goes on at the last word at %d s where that leaves enough of the window', (end, nextSeek) => {
    const window = { ...windowOf(0, [segment(1, end, true)], 100), endsWithSingleTimestamp: false };
    const longWords = window.segments.map((one) => ({
      ...one,
      words: one.words.map((word) => ({ ...word, start: word.end - 0.5 })),
    }));
    expect(skipSilence({ ...window, segments: longWords }, RULE).nextSeek).toBe(nextSeek);
  });
});
