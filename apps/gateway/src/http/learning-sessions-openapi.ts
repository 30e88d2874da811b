import { applyDecorators } from '@nestjs/common';
import { ApiQuery } from '@nestjs/swagger';
import { z } from 'zod';
import {
  correctionSchema,
  CRITERIA,
  degradationSchema,
  errorBodySchema,
  feedbackReportSchema,
  speechMeasuresSchema,
  speechScoresSchema,
  turnEvaluationSchema,
  ulidSchema,
  wordSchema,
} from '@parlance/contracts';
import { SESSION_STATES } from '@parlance/persistence';
import {
  NAMES_OF_SEARCHES,
  sessionFilterShape,
  sessionCloseSchema,
  sessionOpenSchema,
  turnBodySchema,
} from './learning-session.schema.js';
import { AnswersJson } from './openapi-answers.js';
import { bodyOf } from './openapi-bodies.js';
import { snakeName } from './snake-case.js';
import { PagedBy, QueryOf, RangeQuery } from './openapi-parameters.js';

/* What the routes of learning sessions take and answer, for the OpenAPI document. */

const time = z.iso.datetime();
const count = z.number().int().nonnegative();
const link = z.object({ url: z.string() });

/** A schema of an answer in snake_case, from the one that other routes have. */
function snakeSchema(schema: z.ZodObject, changed: z.ZodRawShape = {}): z.ZodObject {
  const fields = Object.entries(schema.shape).map(([name, field]) => [snakeName(name), field]);
  return z.object({ ...(Object.fromEntries(fields) as z.ZodRawShape), ...changed });
}

const scores = snakeSchema(speechScoresSchema).nullable();
const measures = snakeSchema(speechMeasuresSchema, {
  pauses: z.array(z.object({ start_ms: z.number(), end_ms: z.number() })),
});

const session = {
  id: ulidSchema,
  /** As `id`. */
  session_id: ulidSchema,
  state: z.enum(SESSION_STATES),
  user_external_id: z.string().nullable(),
  mode_code: z.string(),
  language_code: z.string().nullable(),
  scenario_code: z.string().nullable(),
  /** Also of the tenant's own system, for a session that was begun over /api/v1/voice. */
  lesson_id: z.string().nullable(),
  enrolment_id: z.string().nullable(),
  metadata: z.record(z.string(), z.unknown()),
  turn_count: count,
  url: z.string(),
  created_at: time,
  last_active_at: time,
  expires_at: time.nullable(),
  closed_at: time.nullable(),
  close_reason: z.string().nullable(),
};

const mean = z.number().nullable();
const wholeSession = {
  ...session,
  /** Of the turns that were marked. */
  mean_evaluation: z.object({
    turns: count,
    total: mean,
    ...Object.fromEntries(CRITERIA.map((name) => [name, mean])),
  }),
  metrics: z.object({
    duration_ms: z.number(),
    turns: count,
    spoken_words: count,
    speaking_ms: z.number(),
    scores,
  }),
};

const turn = z.object({
  id: ulidSchema,
  session_id: ulidSchema,
  sequence: count,
  status: z.enum(['answering', 'complete', 'failed']),
  url: z.string(),
  transcript: z.string(),
  language_code: z.string(),
  words: z.array(snakeSchema(wordSchema)),
  measures: measures.nullable(),
  scores,
  /** Null until it is written, which is after the reply; so is the evaluation. */
  error_report: snakeSchema(feedbackReportSchema).nullable(),
  evaluation: turnEvaluationSchema.nullable(),
  reply: z
    .object({
      text: z.string(),
      model: z.string(),
      corrections: z.array(correctionSchema),
      degraded: z.array(degradationSchema),
      /** With `audio` once a sentence is spoken, with `unspoken` where it will not be. */
      sentences: z.array(z.looseObject({ index: count, text: z.string() })),
    })
    .nullable(),
  timings: z.object({
    started_at: time,
    transcribed_at: time,
    replied_at: time.nullable(),
    reply_ms: z.number().nullable(),
    audio_ms: z.number().nullable(),
    speech_ms: z.number().nullable(),
  }),
  audio: z.object({
    recording: z.object({ url: z.string(), content_type: z.string() }).nullable(),
    reply: link.nullable(),
  }),
  degraded: z.array(degradationSchema),
  error: errorBodySchema.partial().nullable(),
  created_at: time,
});

/** Of a page that was asked for by its number. */
const numbered = { page: count.optional(), page_size: count.optional() };

/** Bodies of answers. */
export const LEARNING_ANSWERS = {
  session: z.object(session),
  wholeSession: z.object(wholeSession),
  sessionPage: z.object({
    sessions: z.array(z.object(session)),
    next_cursor: ulidSchema.nullable(),
    ...numbered,
  }),
  turn,
  turnPage: z.object({ turns: z.array(turn), next_cursor: z.string().nullable(), ...numbered }),
} as const;

/** A written turn: whole, or still being answered. */
export const AnswersLearningTurn = () =>
  applyDecorators(
    AnswersJson(turn, 'The turn with its answer', 201),
    AnswersJson(turn, 'Still being answered: poll its URL', 202),
  );

export const LEARNING_BODIES = {
  open: bodyOf(sessionOpenSchema),
  close: bodyOf(sessionCloseSchema),
  turn: bodyOf(turnBodySchema),
};

/** Parameters that the list of sessions is filtered by. */
export const SESSION_FILTERS = [
  'user_external_id',
  'mode_code',
  'language_code',
  'state',
  'from',
  'to',
  'date',
  ...Object.keys(NAMES_OF_SEARCHES),
];

export const SessionFilterQuery = () =>
  applyDecorators(
    ...Object.entries(sessionFilterShape).map(([name, schema]) => QueryOf(name, schema)),
    RangeQuery('Opened then or later, ISO 8601', 'Opened before, ISO 8601', 'Opened on that day (UTC)'),
    ...Object.entries(NAMES_OF_SEARCHES).map(([other, name]) =>
      QueryOf(other, sessionFilterShape[name], `As ${name}`),
    ),
  );

const perPage = { type: 'integer', minimum: 1, maximum: 100 } as const;

/** Documents the parameters of a list in pages. */
export const PageQuery = (cursor: z.ZodType) =>
  applyDecorators(
    PagedBy(cursor),
    ApiQuery({
      name: 'page',
      required: false,
      schema: { type: 'integer', minimum: 1 },
      description: 'From 1, with page_size in place of cursor and limit; 10,000 entries deep at most',
    }),
    ApiQuery({ name: 'page_size', required: false, schema: perPage }),
  );
