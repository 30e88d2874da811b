import { describe, expect, it } from '@jest/globals';
import type { RecognitionResult__Output } from '@parlance/contracts';
import { ItemTranscript } from './item-transcript.js';

const interim = (text: string, stableLength: number) =>
  ({ text, stableLength, isFinal: false }) as RecognitionResult__Output;
const final = (text: string) =>
  ({ text, stableLength: text.length, isFinal: true }) as RecognitionResult__Output;

describe('the text of an item', () => {
  it('is told in deltas of what is committed, which make up the whole', () => {
    const transcript = new ItemTranscript();
    const deltas = [
      interim(' The', 0),
      interim(' The letter', 5),
      interim(' The letter', 5),
      final(' The letter used.'),
    ].map((result) => transcript.add(result));
    expect(deltas).toEqual(['', 'The', '', ' letter used.']);
    expect(transcript.text).toBe('The letter used.');
  });

  it('goes on behind the utterance before where there are several', () => {
    const transcript = new ItemTranscript();
    const deltas = [final(' One.'), final(''), interim(' Two', 4), final(' Two.')].map((result) =>
      transcript.add(result),
    );
    expect(deltas).toEqual(['One.', '', ' Two', '.']);
    expect(transcript.text).toBe('One. Two.');
  });

  it('takes nothing back where another recogniser has another text', () => {
    const transcript = new ItemTranscript();
    expect(transcript.add(interim(' A leather', 10))).toBe('A leather');
    expect(transcript.add(final(' A letter.'))).toBe('');
    expect(transcript.text).toBe('A letter.');
  });
});
