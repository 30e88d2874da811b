import { QUESTIONS_PER_SET, type QuestionHistory } from '@parlance/contracts';
import { firstOfEach, setHash, textHash } from './question-text.js';

/** How many of the questions and sets that a learner had are remembered. */
const REMEMBERED = 1_000;
/** Another choice is tried this many times where the set was there already. */
const TRIES = 50;

/** A question that may be asked, and what made it. */
export interface QuestionCandidate {
  readonly text: string;
  readonly by: string;
}

export interface ChosenQuestions {
  readonly questions: readonly QuestionCandidate[];
  /** With these questions and their set. */
  readonly history: QuestionHistory;
}

export const NO_HISTORY: QuestionHistory = { questions: [], sets: [] };

/**
 * Chooses the questions of a set: none twice, those that the learner was not asked yet first, else those asked longest ago; and never
 * all of a set that the learner had.
 * @param candidates  the best first
 * @param random      from 0 to below 1
 * @returns undefined where there are too few
 */
export function chooseQuestions(
  candidates: readonly QuestionCandidate[],
  history: QuestionHistory,
  random: () => number = Math.random,
): ChosenQuestions | undefined {
  const different = firstOfEach(candidates, ({ text }) => textHash(text)).map(
    (one) => [textHash(one.text), one] as const,
  );
  const askedAt = new Map(history.questions.map((hash, index) => [hash, index]));
  const isNew = ([hash]: readonly [string, QuestionCandidate]) => !askedAt.has(hash);
  const fresh = different.filter(isNew);
  const stale = different
    .filter((one) => !isNew(one))
    .sort(([one], [other]) => askedAt.get(one)! - askedAt.get(other)!);
  const ordered = [...fresh, ...stale];
  if (ordered.length < QUESTIONS_PER_SET) return undefined;
  const had = new Set(history.sets);
  let pool = ordered.slice(0, QUESTIONS_PER_SET);
  for (let tries = 0; tries < TRIES; tries += 1) {
    const set = setHash(pool.map(([, { text }]) => text));
    if (!had.has(set)) return chosen(pool, set, history);
    // One of the questions makes room for one that is not among them.
    const others = ordered.slice(QUESTIONS_PER_SET);
    if (others.length === 0) return undefined;
    const other = others[Math.floor(random() * others.length)]!;
    pool = ordered.slice(0, QUESTIONS_PER_SET);
    pool[Math.floor(random() * QUESTIONS_PER_SET)] = other;
  }
  return undefined;
}

/** Mixes a list. @param random  from 0 to below 1 */
export function shuffled<Item>(items: readonly Item[], random: () => number = Math.random): Item[] {
  const mixed = [...items];
  // Fisher and Yates.
  for (let last = mixed.length - 1; last > 0; last -= 1) {
    const other = Math.floor(random() * (last + 1));
    [mixed[last], mixed[other]] = [mixed[other]!, mixed[last]!];
  }
  return mixed;
}

function chosen(
  pool: readonly (readonly [string, QuestionCandidate])[],
  set: string,
  { questions, sets }: QuestionHistory,
): ChosenQuestions {
  const hashes = pool.map(([hash]) => hash);
  const before = questions.filter((hash) => !hashes.includes(hash));
  return {
    questions: pool.map(([, candidate]) => candidate),
    history: {
      questions: [...before, ...hashes].slice(-REMEMBERED),
      sets: [...sets, set].slice(-REMEMBERED),
    },
  };
}
