import { applyDecorators } from '@nestjs/common';
import { ApiQuery } from '@nestjs/swagger';
import { z } from 'zod';
import { catalogueCodeSchema, closingSummarySchema, languageSchema, ulidSchema } from '@parlance/contracts';
import { PagedBy, QueryOf, RangeQuery, TextQuery } from './openapi-parameters.js';

/* What searches and summaries take and answer, for the OpenAPI document. */

const time = z.iso.datetime();
const count = z.number().int().nonnegative();

const summary = z.object({
  session: ulidSchema,
  learner: z.string().nullable(),
  mode: z.string(),
  /** What was spoken; empty where nothing was. */
  language: z.string(),
  ...closingSummarySchema.shape,
  written_in: z.string(),
  model: z.string(),
  turns: count,
  started_at: time,
  ended_at: time,
  created_at: time,
});

/** Bodies of answers. */
export const SEARCH_ANSWERS = {
  results: z.object({
    results: z.array(
      z.object({
        id: ulidSchema,
        session: ulidSchema,
        sequence: count,
        learner: z.string().nullable(),
        mode: z.string().nullable(),
        language: z.string(),
        score: z.number().nullable(),
        created_at: time,
        url: z.string(),
        highlights: z.array(
          z.object({
            field: z.enum(['said', 'replied']),
            fragment: z.string(),
            marks: z.array(z.object({ start: count, end: count })),
          }),
        ),
      }),
    ),
    next_cursor: ulidSchema.nullable(),
  }),
  summary,
  summaryPending: z.object({ session: ulidSchema, status: z.literal('pending'), retry_after_seconds: count }),
  summaries: z.object({ summaries: z.array(summary), next_cursor: z.string().nullable() }),
} as const;

const score = (name: string) =>
  ApiQuery({ name, required: false, schema: { type: 'number', minimum: 0, maximum: 100 } });

/** Documents the parameters that both lists have. */
export const SummariesQuery = (cursor: z.ZodType) =>
  applyDecorators(
    PagedBy(cursor),
    TextQuery('learner', "Id of a user; a user's token has that user's only"),
    RangeQuery(
      'A day (UTC) or a time, inclusive',
      'A day (UTC) or a time, exclusive',
      'One day (UTC), in the place of from and to',
    ),
    QueryOf('mode', catalogueCodeSchema, 'Code of a teaching mode'),
    QueryOf('language', languageSchema, 'What was spoken'),
    TextQuery('user_external_id', 'As learner'),
    QueryOf('mode_code', catalogueCodeSchema, 'As mode'),
    QueryOf('language_code', languageSchema, 'As language'),
  );

export const SearchQuery = () =>
  applyDecorators(
    SummariesQuery(ulidSchema),
    TextQuery('text', 'Words that all occur in what was said or replied, in any order'),
    TextQuery('phrase', 'Words that stand next to each other in this order'),
    score('min_score'),
    score('max_score'),
    ApiQuery({
      name: 'highlights',
      required: false,
      enum: ['true', 'false'],
      description: 'false: results come without them',
    }),
  );
