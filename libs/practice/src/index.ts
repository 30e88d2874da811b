export { activeDays, noteActivity, NO_ACTIVITY, withActivity } from './activity.js';
export { beginningOf, dayOf, isTimeZone } from './calendar.js';
export {
  countTurn,
  isInContest,
  scoreOf,
  withTurn,
  normalizedWords,
  type CountedTurn,
  type ContestRefusal,
  type SaidBefore,
  type SpokenTurn,
} from './contest-count.js';
export { EXAM_PROMPTS, type ExamPrompt } from './exam-prompts.data.js';
export { examResult, type ExamTurn } from './exam-result.js';
export { QuestionBank, type BankQuestion, type WantedQuestions } from './question-bank.js';
export {
  chooseQuestions,
  NO_HISTORY,
  shuffled,
  type QuestionCandidate,
  type ChosenQuestions,
} from './question-choice.js';
export { templateQuestions } from './question-templates.js';
export { normalized, questionFault, setHash, textHash } from './question-text.js';
export { dueByRating, newCard, retrievability, reviewed, stateOf } from './repetition.js';
