import { describe, expect, it } from '@jest/globals';
import { TextHistory } from './text-history.js';

const count = (from: number, length: number): number[] => Array.from({ length }, (_, i) => from + i);
const KEPT = { conditionOnPreviousText: true, carryInitialPrompt: false };

describe('the text before a window', () => {
  it('is the initial prompt first, then the newest 223 tokens', () => {
    const history = new TextHistory([1, 2], KEPT);
    expect(history.prompt()).toEqual([1, 2]);
    history.add(count(100, 300), 0);
    expect(history.prompt()).toEqual(count(177, 223));
  });

  it('begins anew behind a text that was sampled above 0.5', () => {
    const history = new TextHistory([], KEPT);
    history.add([1], 0.4);
    history.add([2], 0.6);
    expect(history.prompt()).toEqual([]);
    history.add([3], 0);
    expect(history.prompt()).toEqual([3]);
  });

  it('is nothing but the initial prompt of the first window where text is not carried on', () => {
    const history = new TextHistory([1], { ...KEPT, conditionOnPreviousText: false });
    expect(history.prompt()).toEqual([1]);
    history.add([5], 0);
    expect(history.prompt()).toEqual([]);
  });

  // By hand from openai-whisper 20250625, transcribe.py: initial + all[max(len(initial), reset):][-(223 - len(initial)):]
  it.each([
    [3, 10, [...count(0, 3), ...count(1000, 10)]],
    [3, 300, [...count(0, 3), ...count(1080, 220)]],
    [223, 5, [...count(5, 218), ...count(1000, 5)]],
    [230, 20, [...count(20, 210), ...count(1007, 13)]],
  ])('carries an initial prompt of %i tokens before %i of text', (initial, text, expected) => {
    const history = new TextHistory(count(0, initial), { ...KEPT, carryInitialPrompt: true });
    history.add(count(1000, text), 0);
    expect(history.prompt()).toEqual(expected);
  });

  it('carries the initial prompt where text is not carried on', () => {
    const history = new TextHistory([1], { conditionOnPreviousText: false, carryInitialPrompt: true });
    history.add([5], 0);
    expect(history.prompt()).toEqual([1]);
  });
});
