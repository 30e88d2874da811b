import { describe, expect, it } from '@jest/globals';
import { CommittedText } from './committed-text.js';

const result = (transcript: string, stable: number, isFinal = false, language = 'en') =>
  ({
    type: 'Results',
    is_final: isFinal,
    stable_length: stable,
    language,
    channel: { alternatives: [{ transcript }] },
  }) as unknown as Parameters<CommittedText['push']>[0];
const final = (transcript: string, language?: string) =>
  result(transcript, transcript.length, true, language);

describe('the text that is committed', () => {
  it('comes in deltas that make up the whole, over several utterances', () => {
    const text = new CommittedText();
    const events = [result('The', 0), result('The letter', 4), final('The letter used.'), final('')];
    expect([...events, result('Two', 3), final('Two.')].map((event) => text.push(event))).toEqual([
      ...['', 'The', ' letter used.', '', ' Two', '.'],
    ]);
    expect([text.text, text.language]).toEqual(['The letter used. Two.', 'en']);
  });

  it('is taken back by nothing where another recogniser has another text', () => {
    const text = new CommittedText();
    expect([text.push(result('A leather', 9)), text.push(final('A letter.'))]).toEqual(['A leather', '']);
    expect(text.text).toBe('A letter.');
  });

  it('has no language where nothing was said', () => {
    const text = new CommittedText();
    text.push(final('', ''));
    expect(text.language).toBeUndefined();
  });
});
