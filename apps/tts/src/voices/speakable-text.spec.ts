import { describe, expect, it } from '@jest/globals';
import { speakableText } from './speakable-text.js';

const joe = { name: 'joe', language: 'en-US' };

describe('what a voice can speak of a text', () => {
  it.each([
    ['plain text', 'Hello, café: 3.5 €.', 'Hello, café: 3.5 €.'],
    ['digits alone', '42', '42'],
    ['a picture in a sentence', 'Well done 👍🏽 my friend.', 'Well done my friend.'],
    ['a foreign word in a sentence', 'In Chinese we say 你好 to people.', 'In Chinese we say to people.'],
  ])('is all but a few foreign signs: %s', (_name, text, spoken) => {
    expect(speakableText(text, joe)).toBe(spoken);
  });

  it.each([
    ['你好，世界', 'Han letters'],
    ['我喜欢 Python 编程', 'Han letters'],
    ['Привет, мир', 'Cyrillic letters'],
    ['👍🎉', 'pictures'],
  ])('is nothing of %s; the refusal names the voice and what it cannot speak', (text, what) => {
    expect(() => speakableText(text, joe)).toThrow(
      expect.objectContaining({
        code: 'speech.unsupported_script',
        message: expect.stringMatching(new RegExp(`^The voice "joe" speaks en-US and cannot speak ${what};`)),
      }),
    );
  });

  it.each(['...', '?!', '()', '—'])('is nothing where there is no word: %s', (text) => {
    expect(() => speakableText(text, joe)).toThrow(expect.objectContaining({ code: 'request.invalid' }));
  });

  it.each([
    ['ru', 'Привет'],
    ['hi', 'नमस्ते'],
    ['ja', 'こんにちは'],
    ['cmn', '你好'],
    ['ko', '안녕하세요'],
    ['el', 'Γειά σου'],
    ['es', '¿Cómo estás?'],
    ['piqd', 'nuqneH'],
  ])("is the text in the scripts of the voice's language: %s", (language, text) => {
    expect(speakableText(text, { name: 'x', language })).toBe(text);
  });
});
