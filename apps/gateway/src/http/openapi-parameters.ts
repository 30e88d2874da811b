import { applyDecorators } from '@nestjs/common';
import { ApiHeader, ApiQuery } from '@nestjs/swagger';
import { z } from 'zod';
import { ulidSchema } from '@parlance/contracts';
import { USER_HEADER } from '../auth/access.guard.js';
import { dateRangeShape } from './date-range.js';
import { schemaOf } from './openapi-bodies.js';
import { MOST_PER_PAGE } from './request-fields.js';

const SHORT_TEXT = { type: 'string', minLength: 1, maxLength: 200 } as const;

/** Documents how a request by an API key says whom it is for. */
export const UserHeader = (description = 'Id of the user whom a request with an API key is for') =>
  ApiHeader({ name: USER_HEADER, required: false, description, schema: SHORT_TEXT });

/** As `UserHeader`, of what learners do. */
export const LearnerHeader = () =>
  UserHeader("Id of the learner whom a request with an API key is for; a token's own user else");

/** Documents a parameter that is an id, or a text as short as one. */
export const TextQuery = (name: string, description?: string) =>
  ApiQuery({ name, required: false, description, schema: SHORT_TEXT });

/** Documents a parameter by the schema that reads it. */
export const QueryOf = (name: string, schema: z.ZodType, description?: string) =>
  ApiQuery({ name, required: false, description, schema: schemaOf(schema) });

/** Documents the parameters of a list in pages. @param cursor  reads where a page begins */
export const PagedBy = (cursor: z.ZodType = ulidSchema, usualLimit = 20) =>
  applyDecorators(
    ApiQuery({
      name: 'limit',
      required: false,
      schema: { type: 'integer', minimum: 1, maximum: MOST_PER_PAGE, default: usualLimit },
    }),
    QueryOf('cursor', cursor, 'What the page before names as the next one'),
  );

/** Documents the moments that a list is bounded by, or the day that stands for them. */
export const RangeQuery = (from: string, to: string, date: string) =>
  applyDecorators(
    QueryOf('from', dateRangeShape.from, from),
    QueryOf('to', dateRangeShape.to, to),
    QueryOf('date', dateRangeShape.date, date),
  );

/** Documents days that bound what is told. */
export const DaysQuery = (from: string, to: string) =>
  applyDecorators(QueryOf('from', z.iso.date(), from), QueryOf('to', z.iso.date(), to));

/** Documents the version that a deletion is based on. */
export const VersionQuery = () =>
  ApiQuery({
    name: 'version',
    required: false,
    description: 'The one that is to be deleted',
    schema: { type: 'integer', minimum: 0, maximum: 999_999_999 },
  });
