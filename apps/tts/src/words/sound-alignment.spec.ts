import { describe, expect, it } from '@jest/globals';
import { wordsOfSounds } from './sound-alignment.js';

function cut(spoken: string, alone: readonly string[]): string[] {
  const sounds = [...spoken];
  const owners = wordsOfSounds(
    sounds,
    alone.map((word) => [...word]),
  );
  return alone.map((_, word) => sounds.filter((_sound, index) => owners[index] === word).join(''));
}

describe('sounds of running speech', () => {
  it.each([
    ['ʌvðə', ['ʌv', 'ðə'], ['ʌv', 'ðə']],
    // A vowel that is weak in a sentence and full by itself.
    ['aɪwəzðɛɹ', ['aɪ', 'wʌz', 'ðɛɹ'], ['aɪ', 'wəz', 'ðɛɹ']],
    // A sound between two words (an r that links) goes with the first one.
    ['fɑːɹəweɪ', ['fɑː', 'əweɪ'], ['fɑːɹ', 'əweɪ']],
    ['twɛntiθɹiː', ['twɛntiθɹiː'], ['twɛntiθɹiː']],
    ['ab', ['a', 'xyz', 'b'], ['a', '', 'b']],
    ['', ['a'], ['']],
  ])('%s belongs to the words that sound like %j', (spoken, alone, expected) => {
    expect(cut(spoken, alone)).toEqual(expected);
  });

  it('never goes back to an earlier word', () => {
    const owners = wordsOfSounds([...'ananan'], [[...'an'], [...'nan'], [...'a']]);
    expect(owners).toEqual([...owners].sort());
  });
});
