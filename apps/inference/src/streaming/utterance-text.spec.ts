import { describe, expect, it } from '@jest/globals';
import { samplesOf } from '@parlance/vad';
import type { RecognizedWord } from '@parlance/whisper';
import { UtteranceText, withoutEcho } from './utterance-text.js';

/** Sure words of 500 ms each, from `startMs` in the window. */
function decoded(text: string, startMs = 0): RecognizedWord[] {
  return text.split(' ').map((word, i) => ({
    text: ` ${word}`,
    tokens: [[...word].reduce((sum, letter) => sum * 31 + letter.charCodeAt(0), 7)],
    startMs: startMs + i * 500,
    endMs: startMs + (i + 1) * 500,
    confidence: 0.9,
  }));
}
const numbers = (from: number, to: number): string =>
  Array.from({ length: to - from }, (_, i) => `w${from + i}`).join(' ');

describe('UtteranceText', () => {
  it('never changes what was committed, whatever comes after', () => {
    const text = new UtteranceText(0);
    expect(text.commit(decoded('we went to'), samplesOf(2000))).toEqual({
      text: 'we went to',
      stableLength: 'we went'.length,
      stability: 7 / 10,
    });
    expect(text.withTail(decoded('the sea', 1000))).toMatchObject({
      text: 'we went the sea',
      stableLength: 7,
    });
    const whole = text.whole(decoded('too far', 1000));
    expect(whole.map((word) => word.text).join('')).toBe(' we went too far');
  });

  it('cuts the window between committed words once it is long', () => {
    const text = new UtteranceText(samplesOf(1000));
    text.commit(decoded(numbers(0, 24)), samplesOf(13_200));
    expect([text.windowFrom, text.prefix.length]).toEqual([samplesOf(1000), 23]);
    text.trim(samplesOf(13_000));
    expect(text.windowFrom).toBe(samplesOf(1000));
    text.trim(samplesOf(14_000));
    // Committed words end at 1.5, 2, … 12.5 s; 4 s of 14 stay.
    expect([text.windowFrom, text.prefix.length]).toEqual([samplesOf(10_000), 5]);
    const words = text.whole(decoded('and on', 2500));
    expect(words.map((word) => word.endMs)).toEqual(
      Array.from({ length: 25 }, (_, i) => 1000 + (i + 1) * 500),
    );
  });

  it('keeps its window within bounds for as long as somebody speaks', () => {
    const text = new UtteranceText(0);
    let longest = 0;
    for (let second = 1; second < 120; second++) {
      const audioTo = samplesOf(second * 1000);
      text.trim(audioTo);
      const from = text.windowFrom / 16;
      longest = Math.max(longest, second * 1000 - from);
      const first = Math.ceil(from / 500) + text.prefix.length;
      if (second * 2 > first) text.commit(decoded(numbers(first, second * 2), first * 500 - from), audioTo);
    }
    expect(longest).toBeLessThanOrEqual(13_000);
  });

  it('keeps a mark with its word when the window is cut behind it', () => {
    const text = new UtteranceText(0);
    const mark = { ...decoded(',')[0]!, text: ',', startMs: 500, endMs: 500 };
    text.commit([...decoded('we went').slice(0, 2), mark, ...decoded('on and on', 1000)], samplesOf(4000));
    expect(text.prefix.map((word) => word.text)).toEqual([' we', ' went,', ' on', ' and']);
  });

  it('gives a mark decoded late back to its word', () => {
    const text = new UtteranceText(0);
    text.commit(decoded('we went on'), samplesOf(2000));
    const mark = { ...decoded(',')[0]!, text: ',', tokens: [11] };
    const words = text.whole([mark, ...decoded('on', 1000)]);
    expect(words.map((word) => word.text)).toEqual([' we', ' went,', ' on']);
    expect(words[1]?.tokens.at(-1)).toBe(11);
  });
});

function words(text: string, eachMs = 300): RecognizedWord[] {
  return text.split(' ').map((word, i) => ({
    text: ` ${word}`,
    tokens: [i],
    startMs: i * eachMs,
    endMs: (i + 1) * eachMs,
    confidence: 1,
  }));
}
const left = (committed: string, decoded: string, eachMs?: number): string =>
  withoutEcho(words(committed), words(decoded, eachMs))
    .map((word) => word.text)
    .join('')
    .trim();

describe('the echo of a phrase', () => {
  it('goes, whatever its case and marks, and what follows it stays', () => {
    expect(left('to proceed, he was disappointed.', 'He was disappointed.')).toBe('');
    expect(left('he was very late', 'Was very late again')).toBe('again');
  });

  it('of two words goes only where there was no time to say them', () => {
    expect(left('see you, bye bye', 'bye bye', 40)).toBe('');
    expect(left('see you, bye bye', 'bye bye', 300)).toBe('bye bye');
  });

  it('of one word goes only where it took no more than half the time of the first', () => {
    expect(left('a man named', 'named gathercole', 150)).toBe('gathercole');
    expect(left('a man named', ', named gathercole', 150)).toBe('gathercole');
    expect(left('no', 'no way', 200)).toBe('no way');
  });

  it('is not seen in words that merely come again', () => {
    expect(left('the cat and the dog', 'the dog ran', 300)).toBe('the dog ran');
    expect(left('one', 'one two')).toBe('one two');
  });
});
