import { describe, expect, it } from '@jest/globals';
import { AskedQuestion, readAnsweredQuestion } from './answered-question.js';

const invalid = (text: string): unknown =>
  expect.objectContaining({ code: 'request.invalid', message: expect.stringContaining(text) });
const thrown = (work: () => unknown): unknown => {
  try {
    return work();
  } catch (error) {
    return error;
  }
};

describe('what a recording answers', () => {
  it('is a question, its end, both or neither', () => {
    expect(readAnsweredQuestion({ question: '' })).toEqual({ text: '', end: undefined });
    expect(readAnsweredQuestion({ question: 'Who?', questionEndMs: -40 })).toEqual({
      text: 'Who?',
      end: { questionEndMs: -40 },
    });
    expect(readAnsweredQuestion({ question: '', responseDelayMs: 0 })).toEqual({
      text: '',
      end: { responseDelayMs: 0 },
    });
  });

  it('has one end, not too far away, and a question of some length', () => {
    const ends = { responseDelayMs: 1, questionEndMs: 1 };
    expect(thrown(() => readAnsweredQuestion({ question: '', ...ends }))).toEqual(invalid('not both'));
    expect(thrown(() => readAnsweredQuestion({ question: '', questionEndMs: 600_001 }))).toEqual(
      invalid('question_end_ms'),
    );
    expect(thrown(() => readAnsweredQuestion({ question: 'a'.repeat(4_001) }))).toEqual(invalid('4000'));
    expect(thrown(() => AskedQuestion.read({ text: '', endedAgoMs: -600_001 }, 0))).toEqual(
      invalid('ended_ago_ms'),
    );
  });
});
