import { Injectable } from '@nestjs/common';
import { ulid } from 'ulid';
import type { Principal, VocabularyWord } from '@parlance/contracts';
import { AppError, isAppError } from '@parlance/errors';
import { LearningRepository, streakOf, type LearningRecord, type TurnRecord } from '@parlance/persistence';
import {
  activeDays,
  dayOf,
  dueByRating,
  newCard,
  NO_ACTIVITY,
  normalized,
  noteActivity,
  retrievability,
  reviewed,
  stateOf,
} from '@parlance/practice';
import { StoredTurns } from '../../turns/stored-turns.service.js';
import { parseRequest } from '../request-fields.js';
import { idOf, learnerOf, pageOf, viewOf, type Query } from './learning-requests.js';
import {
  reviewSchema,
  streakQuerySchema,
  termSchema,
  wordCreateSchema,
  wordPageSchema,
  wordsOfTurnSchema,
} from './vocabulary.schema.js';

/** Words of one learner. */
const MOST_WORDS = 5_000;
/** Phrases that are taken from one turn. */
const MOST_OF_TURN = 20;
const LATEST_DAYS = 30;

type NewWord = Omit<VocabularyWord, 'card'>;

/** A learner's words with spaced repetition, and days in a row, over HTTP. */
@Injectable()
export class VocabularyRequests {
  constructor(
    private readonly learning: LearningRepository,
    private readonly turns: StoredTurns,
  ) {}

  /** @throws AppError learning.exists, quota.exceeded */
  async add(caller: Principal, body: unknown, now = new Date()) {
    const word = parseRequest(wordCreateSchema, body ?? {});
    const learner = learnerOf(caller);
    await this.requireRoom(learner);
    return view(await this.create(learner, word, now), now);
  }

  /** Adds what the report on a turn says instead of its errors; words that the learner has already stay as they are.
   *  @throws AppError turn.not_found, quota.exceeded */
  async addOfTurn(caller: Principal, body: unknown, now = new Date()) {
    const learner = learnerOf(caller);
    const turn = await this.turns.getFor(learner, parseRequest(wordsOfTurnSchema, body ?? {}).turn);
    await this.requireRoom(learner);
    const added: LearningRecord<'word'>[] = [];
    for (const word of wordsOf(turn)) {
      try {
        added.push(await this.create(learner, word, now));
      } catch (error) {
        if (!isAppError(error) || error.code !== 'learning.exists') throw error;
      }
    }
    return { words: added.map((one) => view(one, now)) };
  }

  async list(caller: Principal, query: Query, now = new Date()) {
    const { limit, cursor, due } = parseRequest(wordPageSchema, query);
    const { tenant, user } = learnerOf(caller);
    if (due === 'true') {
      const words = await this.learning.due(tenant, 'word', { user, at: now, limit });
      return { words: words.map((one) => view(one, now)), next_cursor: null };
    }
    const found = await this.learning.page(tenant, 'word', { user, before: cursor, limit: limit + 1 });
    const { items, next_cursor } = pageOf(found, limit);
    return { words: items.map((one) => view(one, now)), next_cursor };
  }

  async find(caller: Principal, id: string, now = new Date()) {
    return view(await this.learning.getFor(learnerOf(caller), 'word', idOf(id)), now);
  }

  /** @throws AppError learning.conflict where the word was reviewed since `version` */
  async review(caller: Principal, id: string, body: unknown, now = new Date()) {
    const { rating, version } = parseRequest(reviewSchema, body ?? {});
    const { tenant, user } = learnerOf(caller);
    const { id: found } = await this.learning.getFor({ tenant, user }, 'word', idOf(id));
    const changed = await this.learning.update(
      tenant,
      'word',
      found,
      ({ value }) => {
        const card = reviewed(value.card, rating, now);
        return { value: { ...value, card }, dueAt: new Date(card.due) };
      },
      version,
    );
    await noteActivity(this.learning, tenant, user, now);
    return view(changed, now);
  }

  async delete(caller: Principal, id: string): Promise<void> {
    const { id: found } = await this.learning.getFor(learnerOf(caller), 'word', idOf(id));
    await this.learning.delete(caller.tenant, 'word', found);
  }

  /** Days in a row on which the learner practised, by the calendar of a time zone. */
  async streak(caller: Principal, query: Query, now = new Date()) {
    const { time_zone: zone } = parseRequest(streakQuerySchema, query);
    const { tenant, user } = learnerOf(caller);
    const activity = await this.learning.findKeyed(tenant, 'activity', user);
    const days = activeDays(activity?.value ?? NO_ACTIVITY, zone);
    const { current, longest, isTodayDone } = streakOf(days, dayOf(now, zone));
    return {
      time_zone: zone,
      current,
      longest,
      today_done: isTodayDone,
      active_days: days.length,
      days: days.sort().reverse().slice(0, LATEST_DAYS),
    };
  }

  private async create({ tenant, user }: Required<Principal>, word: NewWord, now: Date) {
    const card = newCard(now);
    return this.learning.create(tenant, 'word', {
      id: ulid(),
      // One spelling of a word is learned once.
      key: JSON.stringify([user, word.language, normalized(word.term)]),
      user,
      dueAt: new Date(card.due),
      value: { ...word, card },
    });
  }

  private async requireRoom({ tenant, user }: Required<Principal>): Promise<void> {
    if ((await this.learning.countOf(tenant, 'word', { user })) >= MOST_WORDS)
      throw new AppError('quota.exceeded', `The learner has ${MOST_WORDS} words, which is the most.`);
  }
}

/** What the report on a turn says instead of what was said. */
function wordsOf({ id, language, feedback, reply }: TurnRecord): NewWord[] {
  const ofReport = feedback?.errors.map(({ correction, explanation }) => [correction, explanation] as const);
  const ofReply = reply?.corrections.map(
    ({ suggestions, message }) => [suggestions[0] ?? '', message] as const,
  );
  return (ofReport ?? ofReply ?? [])
    .flatMap(([correction, meaning]) => {
      const term = termSchema.safeParse(correction);
      if (!term.success) return [];
      const example = feedback?.improved.slice(0, 500) ?? '';
      return [
        { term: term.data, language: language || 'en', meaning: meaning.slice(0, 500), example, turn: id },
      ];
    })
    .slice(0, MOST_OF_TURN);
}

function view(record: LearningRecord<'word'>, now: Date) {
  const { card, ...word } = viewOf(record);
  return {
    ...word,
    state: stateOf(card),
    due_at: card.due,
    reviews: card.reps,
    lapses: card.lapses,
    retrievability: retrievability(card, now),
    next: dueByRating(card, now),
  };
}
