import { createEmptyCard, fsrs, Rating, State, type Card, type Grade } from 'ts-fsrs';
import { WORD_RATINGS, WORD_STATES, type WordCard, type WordRating } from '@parlance/contracts';

/** FSRS with its published weights. Without its random spread of intervals: a review gives the same date everywhere. */
const scheduler = fsrs({ enable_fuzz: false });

const GRADES: Readonly<Record<WordRating, Grade>> = {
  again: Rating.Again,
  hard: Rating.Hard,
  good: Rating.Good,
  easy: Rating.Easy,
};

/** A word that was never reviewed: it is due at once. */
export function newCard(now: Date): WordCard {
  return toStored(createEmptyCard(now));
}

/** The word after a review. FSRS schedules it by how well it was remembered and how long ago the last review was. */
export function reviewed(card: WordCard, rating: WordRating, now: Date): WordCard {
  return toStored(scheduler.next(toCard(card), now, GRADES[rating]).card);
}

/** When each rating would make the word due. */
export function dueByRating(card: WordCard, now: Date): Readonly<Record<WordRating, string>> {
  const dates = WORD_RATINGS.map((rating) => [rating, reviewed(card, rating, now).due] as const);
  return Object.fromEntries(dates) as Record<WordRating, string>;
}

/** Probability that the word is remembered now, 0 to 1; of a new one 0. */
export function retrievability(card: WordCard, now: Date): number {
  return card.state === State.New ? 0 : scheduler.get_retrievability(toCard(card), now, false);
}

/** The state of a word by its name. */
export function stateOf({ state }: WordCard): (typeof WORD_STATES)[number] {
  return WORD_STATES[state]!;
}

function toCard({ due, last_review: last, ...rest }: WordCard): Card {
  return { ...rest, due: new Date(due), ...(last === undefined ? {} : { last_review: new Date(last) }) };
}

function toStored({ due, last_review: last, ...rest }: Card): WordCard {
  return {
    ...rest,
    due: due.toISOString(),
    ...(last === undefined ? {} : { last_review: last.toISOString() }),
  };
}
