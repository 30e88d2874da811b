import { describe, expect, it } from '@jest/globals';
import { FinalizeAnswers } from './finalize-answers.js';

describe('the answer to Finalize', () => {
  it('is the final of the utterance that was spoken, and no other', () => {
    const answers = new FinalizeAnswers();
    expect(answers.isAnsweredNow('b')).toBe(false);
    expect(answers.isAnswer('a')).toBe(false);
    expect(answers.isAnswer('b')).toBe(true);
    expect(answers.endedUnanswered('b')).toBe(false);
    expect(answers.isAnswer('b')).toBe(false);
  });

  it('is an empty final where nothing is spoken, or all of it is final already', () => {
    const answers = new FinalizeAnswers();
    expect(answers.isAnsweredNow('')).toBe(true);
    expect(answers.endedUnanswered('a')).toBe(false);
    expect(answers.isAnsweredNow('a')).toBe(true);
  });

  it('is an empty final where the utterance ends without one', () => {
    const answers = new FinalizeAnswers();
    expect(answers.isAnsweredNow('a')).toBe(false);
    expect(answers.endedUnanswered('a')).toBe(true);
  });
});
