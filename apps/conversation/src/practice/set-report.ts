import type { AnswerReport, QuestionReport, QuestionSet } from '@parlance/contracts';

/** Errors by their rules that are named. */
const MOST_RULES = 4;
/** Answers of fewer words could say more. */
const SHORT_WORDS = 4;
const MOST_PRACTISE = 8;

/** The report over a set, of what is known of each answer. */
export function setReport(set: QuestionSet, answers: readonly AnswerReport[], model: string): QuestionReport {
  return {
    answered: set.answers.length,
    made_sense: answers.filter((one) => one.makes_sense === true).length,
    errors: answers.reduce((sum, { errors }) => sum + errors.length, 0),
    answers: [...answers],
    practise: practise(set, answers),
    model,
  };
}

/** What to practise: the rules that were broken most often, each with what to say instead; answers that do not fit; longer ones. */
export function practise(set: QuestionSet, answers: readonly AnswerReport[]): string[] {
  const byRule = new Map<string, AnswerReport['errors']>();
  for (const error of answers.flatMap(({ errors }) => errors))
    byRule.set(error.rule, [...(byRule.get(error.rule) ?? []), error]);
  const rules = [...byRule.entries()]
    .sort(([, one], [, other]) => other.length - one.length)
    .slice(0, MOST_RULES)
    .map(([rule, [first, ...others]]) => {
      const times = others.length === 0 ? '' : ` (${others.length + 1} times)`;
      const better =
        first!.correction === ''
          ? `leave out “${first!.text}”`
          : `say “${first!.correction}” instead of “${first!.text}”`;
      return `${rule}${times}: ${better}.`;
    });
  const missed = answers.filter((one) => one.makes_sense === false).map(({ question }) => question);
  const textOf = (id: string) => set.questions.find((question) => question.id === id)?.text ?? '';
  const senseless = missed.map((id) => `Answer the question itself: “${textOf(id)}”`);
  const short = set.answers.filter(({ text }) => text.trim().split(/\s+/).length < SHORT_WORDS).length;
  const left = set.questions.length - set.answers.length;
  return [
    ...rules,
    ...senseless,
    ...(short > 0
      ? [`Give longer answers: ${short} of ${set.answers.length} had fewer than ${SHORT_WORDS} words.`]
      : []),
    ...(left > 0 ? [`Answer every question: ${left} of ${set.questions.length} have no answer.`] : []),
  ].slice(0, MOST_PRACTISE);
}
