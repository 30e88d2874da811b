import { describe, expect, it } from '@jest/globals';
import { topicsOf } from './topic.js';

describe('topics of what was said', () => {
  it.each([
    ['Yesterday I went to the market with my sister.', ['the market', 'your sister']],
    ['What do you think of your voice?', ['my voice']],
    ['Football and chess are fun', ['Football', 'chess']],
    ['Well, you know, it was really very nice.', []],
    ['', []],
  ])('of %j are %j', (text, topics) => {
    expect(topicsOf(text)).toEqual(topics);
  });
});
