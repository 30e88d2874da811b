import { beforeAll, describe, expect, it } from '@jest/globals';
import { quotationsIn, quote, SaidWords } from './quotations.js';

describe('quotation marks', () => {
  it.each([
    ['English', 'You said “I go home” well.', ['I go home']],
    ['straight', 'You said "I go home".', ['I go home']],
    ['single', "You said 'I go home'.", ['I go home']],
    ['German', 'Sie sagten „I go home“.', ['I go home']],
    ['French', 'Vous avez dit « I go home ».', [' I go home ']],
    ['Japanese', '「昨日行きました」と言いました。', ['昨日行きました']],
    ['none, but apostrophes', "It's the learners' book, isn't it?", []],
  ])('of the kind %s are found with what is in them', (_name, text, quoted) => {
    expect(quotationsIn(text)).toEqual(quoted);
  });

  it('of ours hold no others', () => {
    expect(quote('I said "go"  now')).toBe('“I said go now”');
  });
});

describe('what was said', () => {
  let said: SaidWords;
  beforeAll(async () => {
    said = await SaidWords.of(['Yesterday I go to the Café, with my sister.', '私は東京に住んでいます。']);
  });

  it.each(['I go', 'yesterday, I GO', 'the cafe', 'with my sister', '東京に住んで'])('has %s', (words) => {
    expect(said.has(words)).toBe(true);
  });

  it.each(['I went', 'sister Yesterday', 'go the', 'cafés', 'est', '大阪', '', '…'])(
    'has not %s',
    (words) => {
      expect(said.has(words)).toBe(false);
    },
  );

  it('covers a text whose every quotation it has', () => {
    expect(said.covers('“I go” → I went, as in “with my sister”.')).toBe(true);
    expect(said.covers('“I go” → “I went”.')).toBe(false);
    expect(said.covers('No quotation at all.')).toBe(true);
  });
});
