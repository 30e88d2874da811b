import { describe, expect, it } from '@jest/globals';
import type { RecognizedWord } from '@parlance/whisper';
import { countCommitted } from './commit-rule.js';

/** Words of 300 ms, one token each. */
function words(text: string, confidence = 0.3): RecognizedWord[] {
  return text.split(' ').map((word, i) => ({
    text: ` ${word}`,
    tokens: [[...word].reduce((sum, letter) => sum * 31 + letter.charCodeAt(0), 7)],
    startMs: i * 300,
    endMs: (i + 1) * 300,
    confidence,
  }));
}

/** Marks as the recogniser gives them: no space before them. */
function marksApart(decoded: RecognizedWord[]): RecognizedWord[] {
  return decoded.map((word) => (/\w/.test(word.text) ? word : { ...word, text: word.text.trim() }));
}

/** As the text of an utterance asks it. */
function committedOf(
  words: RecognizedWord[],
  { before = [], previous = [], edgeMs = 9000, isLoop = false }: Partial<Situation> = {},
): number {
  return countCommitted(before, { words, isLoop, edgeMs }, previous);
}

interface Situation {
  readonly before: RecognizedWord[];
  readonly previous: RecognizedWord[];
  readonly edgeMs: number;
  readonly isLoop: boolean;
}

describe('the commit rule', () => {
  it('commits what two interims in a row agree on, but never the last word', () => {
    const previous = words('we went two the sea');
    expect(committedOf(words('we went to the sea side'), { previous })).toBe(2);
    expect(committedOf(words('we went two the sea'), { previous })).toBe(4);
    expect(committedOf(words('we went'))).toBe(0);
  });

  it('takes words that differ by marks and capitals alone for the same', () => {
    const previous = words('We went, to the');
    expect(committedOf(words('we went to the sea side'), { previous })).toBe(4);
  });

  it('commits nothing near the end of the audio', () => {
    const same = words('we went to the sea side', 0.55);
    expect(committedOf(same, { previous: same, edgeMs: 1800 })).toBe(5);
    expect(committedOf(same, { previous: same, edgeMs: 1340 })).toBe(3);
  });

  it('commits agreed words of which neither interim is sure only further from the end', () => {
    const doubtful = words('we went to the sea side');
    expect(committedOf(doubtful, { previous: doubtful, edgeMs: 1800 })).toBe(3);
    expect(committedOf(words('we went to the sea side', 0.55), { previous: doubtful, edgeMs: 1800 })).toBe(3);
  });

  it('leaves the mark behind the last committed word open', () => {
    const decoded = marksApart(words('we went , to the', 0.9));
    expect(committedOf(decoded, { edgeMs: 1400 })).toBe(2);
    expect(committedOf(decoded, { edgeMs: 2000 })).toBe(4);
    expect(committedOf(marksApart(words('we went .', 0.9)))).toBe(1);
  });

  it('compares the words of two interims whatever marks stand between them', () => {
    const previous = marksApart(words('we went , to the sea'));
    expect(committedOf(words('we went to the'), { previous })).toBe(3);
    expect(committedOf(previous, { previous: words('we went to the sea') })).toBe(5);
  });

  it('commits a word decoded once when it is sure and well before the end', () => {
    const sure = words('we went to the sea side', 0.9);
    expect(committedOf(sure, { edgeMs: 1700 })).toBe(4);
    expect(committedOf(sure, { previous: words('he went'), edgeMs: 1700 })).toBe(4);
    expect(committedOf(words('we went to the sea side', 0.6), { edgeMs: 1900 })).toBe(4);
    expect(committedOf(words('we went to the sea side', 0.6), { edgeMs: 1800 })).toBe(3);
    const doubtful = sure.map((word, i) => (i === 2 ? { ...word, confidence: 0.2 } : word));
    expect(committedOf(doubtful, { edgeMs: 1900 })).toBe(2);
  });

  it('commits of an interim that ended in a loop only what another one had', () => {
    const sure = words('we went to the sea side', 0.9);
    expect(committedOf(sure, { isLoop: true })).toBe(0);
    expect(committedOf(sure, { isLoop: true, previous: words('we went two', 0.9) })).toBe(2);
  });

  it('commits before a loop only what another interim had, well before the end', () => {
    const looping = words('we went to the the the', 0.9);
    expect(committedOf(looping)).toBe(0);
    expect(committedOf(looping, { previous: words('we went two') })).toBe(2);
    expect(committedOf(looping, { previous: looping })).toBe(3);
    expect(committedOf(looping, { previous: looping, edgeMs: 1200 })).toBe(1);
  });

  it('commits nothing from where a phrase comes three times in a row', () => {
    const loop = words('and so and so and so on', 0.9);
    expect(committedOf(loop, { previous: loop })).toBe(0);
    expect(committedOf(words('so what now', 0.9), { before: words('so so') })).toBe(0);
    expect(committedOf(words('then and now', 0.9), { before: words('so so so') })).toBe(0);
  });
});
