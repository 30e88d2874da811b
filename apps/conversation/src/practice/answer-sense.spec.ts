import { describe, expect, it } from '@jest/globals';
import { makesSense } from './answer-sense.js';

describe('whether an answer makes sense for its question', () => {
  it.each([
    ['Do you like rain?', 'Yes.', true],
    ['Do you like rain?', 'I love it.', true],
    ['Do you like rain?', 'Umbrella.', false],
    ['How many rooms does your home have?', 'It has four rooms.', true],
    ['How many rooms does your home have?', 'It has blue rooms.', false],
    ['When did you last visit a relative?', 'Last summer.', true],
    ['When did you last visit a relative?', 'My aunt is nice.', false],
    ['What do you eat for breakfast?', 'I eat bread with cheese.', true],
    ['What do you eat for breakfast?', 'What do you eat for breakfast?', false],
    ['What do you eat for breakfast?', 'I don’t know.', false],
    ['What do you eat for breakfast?', 'You eat for breakfast.', false],
    ['Who lives with you?', '', false],
  ])('“%s” – “%s”: %s', (question, answer, sense) => {
    expect(makesSense(question, answer, 'en')).toBe(sense);
  });

  it('is judged in other languages by two words of its own', () => {
    expect(makesSense('Wo wohnst du?', 'Ich wohne in Berlin.', 'de')).toBe(true);
    expect(makesSense('Wo wohnst du?', 'Wo wohnst du?', 'de')).toBe(false);
  });
});
