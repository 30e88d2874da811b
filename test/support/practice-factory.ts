import type { QuestionSet } from '@parlance/contracts';

/** A set of ten questions that is open. */
export function aQuestionSet(overrides: Partial<QuestionSet> = {}): QuestionSet {
  return {
    status: 'open',
    source: 'random',
    language: 'en',
    level: 'A2',
    questions: Array.from({ length: 10 }, (_, index) => ({
      id: `q${index + 1}`,
      text: `What do you like about number ${index + 1}?`,
    })),
    made_by: ['question-bank'],
    answers: [],
    ...overrides,
  };
}
