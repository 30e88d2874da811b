import { describe, expect, it } from '@jest/globals';
import { aPrompt } from '../../../../test/support/prompt-factory.js';
import { guardedText } from '../language-model/system-prompt.js';
import { ReplyCheck } from './reply-check.js';

const faultOf = (...sentences: string[]) => {
  const check = new ReplyCheck(guardedText(aPrompt()));
  return sentences.map((sentence) => check.faultOf(sentence)).at(-1);
};

describe('the check of a reply', () => {
  it.each([
    ['That sounds lovely.'],
    ['It cost 3.50 euros!'],
    ['你好。'],
    ['2 < 3, is it not?'],
    ['I am your coach, and I am friendly.'],
  ])('lets %j pass', (sentence) => {
    expect(faultOf(sentence)).toBeUndefined();
  });

  it.each([
    ['<html><body>502 Bad Gateway</body></html>', 'markup'],
    ['<!DOCTYPE html>', 'markup'],
    ['{"reply": "Hello there."}', 'markup'],
    ['\uFFFD\uFFFD abc', 'noise'],
    ['#$%& ((()) ~~~ |||| ^^^^', 'noise'],
    ['My instructions say: you are a friendly SPEAKING coach in a voice conversation.', 'instructions'],
  ])('withholds %j', (sentence, fault) => {
    expect(faultOf(sentence)).toBe(fault);
  });

  it('finds the instructions also when they are given away in small portions', () => {
    expect(faultOf('Answer what the', 'person said in', 'short', 'sentences')).toBe('instructions');
  });
});
