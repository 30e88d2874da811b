import { Injectable } from '@nestjs/common';
import { encodeTime } from 'ulid';
import type { Principal } from '@parlance/contracts';
import { AppError } from '@parlance/errors';
import { phrasePositions, tokensOf, TurnSearchRepository, type FoundTurn } from '@parlance/persistence';
import { bySearchNames, conversationSearchSchema } from '../http/search.schema.js';
import { parseRequest } from '../http/request-fields.js';
import { highlightOf, type Marked } from './highlights.js';

/** Words that may be asked for at once. */
const MOST_WORDS = 12;
/** A turn gets its id when its utterance begins, and is stored when that was recognised. */
const LONGEST_TURN_MS = 60 * 60_000;
const CLOCK_SKEW_MS = 60_000;

/** Looks for turns by what was said and replied in them. */
@Injectable()
export class ConversationSearch {
  constructor(private readonly turns: TurnSearchRepository) {}

  /** A user's token finds that user's turns only. @throws AppError request.invalid */
  async find(caller: Principal, query: Readonly<Record<string, unknown>>) {
    const wanted = parseRequest(conversationSearchSchema, bySearchNames(query));
    const user = askedLearner(caller, wanted.learner);
    if (user === NOBODY) return { results: [], next_cursor: null };
    const words = termsIn('text', wanted.text);
    const phrase = termsIn('phrase', wanted.phrase);
    const terms = [...new Set([...words, ...phrase])];
    if (terms.length > MOST_WORDS)
      throw new AppError('request.invalid', `text: ${MOST_WORDS} different words at most, with the phrase`);
    const { turns, next } = await this.turns.find(
      caller.tenant,
      {
        ...{ user, terms, limit: wanted.limit },
        ...{ mode: wanted.mode, language: wanted.language || undefined, from: wanted.from, to: wanted.to },
        ...{ minScore: wanted.min_score, maxScore: wanted.max_score },
        before: earlier(wanted.cursor, wanted.to && idAt(wanted.to.getTime() + CLOCK_SKEW_MS)),
        after: wanted.from && idAt(wanted.from.getTime() - LONGEST_TURN_MS),
      },
      (turn) => hasPhrase(turn, phrase),
    );
    const marked = wanted.highlights === 'true' ? { words: new Set(words), phrase } : undefined;
    return { results: turns.map((turn) => viewOf(turn, marked)), next_cursor: next ?? null };
  }
}

/** Whom a user asks for who may not ask for anyone else. */
export const NOBODY = Symbol('nobody');

/** Whose things a caller asks for; undefined: everybody's. */
export function askedLearner(
  { user }: Principal,
  asked: string | undefined,
): string | undefined | typeof NOBODY {
  if (user === undefined || asked === undefined || asked === user) return user ?? asked;
  return NOBODY;
}

/** @param marked  what is highlighted; undefined: nothing is */
function viewOf(turn: FoundTurn, marked: Marked | undefined) {
  const highlights = marked
    ? [highlightOf('said', turn.said, marked), highlightOf('replied', turn.replied, marked)].filter(
        (one) => one !== undefined,
      )
    : [];
  return {
    id: turn.id,
    session: turn.session,
    sequence: turn.sequence,
    learner: turn.user ?? null,
    mode: turn.mode ?? null,
    language: turn.language,
    score: turn.score ?? null,
    created_at: turn.createdAt.toISOString(),
    url: `/api/v1/turns/${turn.id}`,
    highlights,
  };
}

/** @throws AppError request.invalid where there is no word in it */
function termsIn(field: string, text: string | undefined): string[] {
  if (text === undefined) return [];
  const terms = tokensOf(text).map(({ term }) => term);
  if (terms.length === 0) throw new AppError('request.invalid', `${field}: has no word to look for`);
  return terms;
}

function hasPhrase({ said, replied }: FoundTurn, phrase: readonly string[]): boolean {
  if (phrase.length < 2) return true;
  return [said, replied].some((text) => phrasePositions(tokensOf(text), phrase).length > 0);
}

/** The smallest id of a moment. */
function idAt(ms: number): string {
  return encodeTime(Math.max(0, ms), 10) + '0'.repeat(16);
}

function earlier(one: string | undefined, other: string | undefined): string | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return one < other ? one : other;
}
