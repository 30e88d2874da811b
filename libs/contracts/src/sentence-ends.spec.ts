import { describe, expect, it } from '@jest/globals';
import { sentenceEnds } from './sentence-ends.js';

function sentences(text: string): string[] {
  const ends = [0, ...sentenceEnds(text), text.length];
  return ends.slice(1).map((end, index) => text.slice(ends[index], end));
}

describe('the ends of sentences', () => {
  it.each([
    ['Hello there. How are you? Fine!', ['Hello there.', ' How are you?', ' Fine!']],
    ['It cost 3.50 euros at example.com. Cheap', ['It cost 3.50 euros at example.com.', ' Cheap']],
    [
      'Dr. Smith, e.g., met J. Miller. So did I. Really',
      ['Dr. Smith, e.g., met J. Miller.', ' So did I.', ' Really'],
    ],
    [
      'She said "Stop!" Then (she left.) Well... yes',
      ['She said "Stop!"', ' Then (she left.)', ' Well...', ' yes'],
    ],
    ['1. Walk. 2. Run. ', ['1. Walk.', ' 2. Run.', ' ']],
    ['你好。你好吗？很好', ['你好。', '你好吗？', '很好']],
    ['First line\nsecond line', ['First line\n', 'second line']],
  ])('are found in %j', (text, expected) => {
    expect(sentences(text)).toEqual(expected);
  });

  it('are none where more may belong to the last sentence', () => {
    expect([...sentenceEnds('It costs 3.')]).toEqual([]);
    expect([...sentenceEnds('It is late.')]).toEqual([]);
    expect([...sentenceEnds('It is late. ')]).toEqual([11]);
    expect([...sentenceEnds('')]).toEqual([]);
  });
});
