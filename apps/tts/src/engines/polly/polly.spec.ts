import { describe, expect, it } from '@jest/globals';
import { wordsOfMarks } from './polly-marks.js';
import { pollySpeed, pollySsml } from './polly-ssml.js';

describe('SSML for Polly', () => {
  it.each([
    ['Hello.', 1, '<speak>Hello.</speak>'],
    ['One. Two!', 1, '<speak>One. Two!</speak>'],
    ['One.\n\nTwo.', 1, '<speak><p>One.</p><p>Two.</p></speak>'],
    ['Fast. Yes.', 1.5, '<speak><prosody rate="150%">Fast. Yes.</prosody></speak>'],
    [
      'He said “go.” Then?',
      0.75,
      '<speak><prosody rate="75%">He said “go.”<break time="100ms"/> Then?</prosody></speak>',
    ],
    ['a < b & "c"\u0007 </speak>', 1, '<speak>a &lt; b &amp; "c"  &lt;/speak&gt;</speak>'],
  ])('of %j at %d is %s', (text, speed, ssml) => {
    expect(pollySsml(text, speed)).toBe(ssml);
  });

  it('goes as slow and as fast as Polly can; the rest is left', () => {
    expect(pollySpeed(0.25)).toEqual({ native: 0.25, rest: 1 });
    expect(pollySpeed(0.1)).toEqual({ native: 0.2, rest: 0.5 });
    expect(pollySpeed(4)).toEqual({ native: 2, rest: 2 });
  });
});

describe("words of Polly's speech marks", () => {
  const marks = [
    { time: 6, type: 'word', start: 7, end: 9, value: 'Tom' },
    { time: 6, type: 'viseme', value: 't' },
    { time: 300, type: 'viseme', value: 'sil' },
    { time: 520, type: 'word', start: 10, end: 18, value: 'R&amp;B' },
    { time: 700, type: 'word', start: 19, end: 21, value: 'now' },
  ];
  const lines = marks.map((mark) => JSON.stringify(mark)).join('\n');

  it('end at a silence, at the next word, or with the audio', () => {
    expect(wordsOfMarks(`${lines}\n`, 900)).toEqual([
      { text: 'Tom', startMs: 6, endMs: 300 },
      { text: 'R&B', startMs: 520, endMs: 700 },
      { text: 'now', startMs: 700, endMs: 900 },
    ]);
  });

  it('lie within the audio', () => {
    expect(wordsOfMarks(lines, 600)!.at(-1)).toEqual({ text: 'now', startMs: 600, endMs: 600 });
  });

  it.each(['<html>', '{"time":"x"}', '{"time":1', '[]'])('are none of %s', (text) => {
    expect(wordsOfMarks(text, 100)).toBeUndefined();
  });
});
