import { describe, expect, it } from '@jest/globals';
import { committedAfterMs } from './committed-text.js';

const said = [
  { text: 'GOOD MORNING EVERYONE', endMs: 1_000 },
  { text: 'HOW ARE YOU', endMs: 4_000 },
];

describe('the time until a live text is final on the screen', () => {
  it('counts from the end of the utterance to the first screen after which its words stayed', () => {
    const displayed = [
      { text: 'Good mourning', atMs: 900 },
      { text: 'Good morning everyone.', atMs: 1_300 },
      { text: 'Good morning, everyone. How', atMs: 3_500 },
      { text: 'Good morning, everyone. How are you?', atMs: 4_600 },
    ];
    expect(committedAfterMs(said, displayed)).toEqual([300, 600]);
  });

  it('starts anew when words that stood there change', () => {
    const displayed = [
      { text: 'good morning everyone', atMs: 1_100 },
      { text: 'good morning every one how', atMs: 3_000 },
      { text: 'good morning everyone how are you', atMs: 4_100 },
    ];
    expect(committedAfterMs(said, displayed)).toEqual([3_100, 100]);
  });

  it('forgives words recognized wrong, as long as they stay', () => {
    const displayed = [
      { text: 'good morning everybody', atMs: 1_200 },
      { text: 'good morning everybody how were you', atMs: 4_300 },
    ];
    expect(committedAfterMs(said, displayed)).toEqual([200, 300]);
  });

  it('is infinite for what was not recognized, or hardly begun', () => {
    expect(committedAfterMs(said, [{ text: 'good morning everyone', atMs: 1_200 }])).toEqual([200, Infinity]);
    expect(committedAfterMs(said, [{ text: 'good morning everyone how', atMs: 1_200 }])).toEqual([
      200,
      Infinity,
    ]);
    expect(committedAfterMs(said, [])).toEqual([Infinity, Infinity]);
  });

  it('is no less than nothing for text that stood before the last sound faded', () => {
    expect(committedAfterMs(said.slice(0, 1), [{ text: 'good morning everyone', atMs: 950 }])).toEqual([0]);
  });
});
