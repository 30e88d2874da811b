import { z } from 'zod';
import { AppError } from '@parlance/errors';
import { MOST_PER_PAGE } from './request-fields.js';

const DEFAULT_PER_PAGE = 20;

const whole = (most: number) =>
  z
    .string()
    .regex(/^\d{1,6}$/, 'must be a whole number in digits')
    .transform(Number)
    .pipe(z.number().min(1).max(most));

/** The parameters of a list that comes in pages by a cursor or by their numbers. */
export const pageQueryShape = {
  limit: whole(MOST_PER_PAGE).optional(),
  page: whole(999_999).optional(),
  page_size: whole(MOST_PER_PAGE).optional(),
};

/** Names of the parameters, for QueryGuard. */
export const PAGE_PARAMETERS = ['limit', 'cursor', 'page', 'page_size'] as const;

interface PageQuery {
  readonly limit?: number | undefined;
  readonly cursor?: unknown;
  readonly page?: number | undefined;
  readonly page_size?: number | undefined;
}

/** A page that is asked for. */
export interface WantedPage {
  readonly limit: number;
  /** Entries before it, where it is asked for by its number. */
  readonly skip: number;
  /** The number, from 1; undefined where it is asked for by a cursor. */
  readonly page: number | undefined;
}

/**
 * The page that some parameters ask for.
 * @param deepest  entries that numbered pages reach: the store reads all that is left out before a page
 * @throws AppError request.invalid
 */
export function wantedPage(query: PageQuery, deepest: number): WantedPage {
  const { limit, cursor, page, page_size } = query;
  if (page === undefined && page_size === undefined)
    return { limit: limit ?? DEFAULT_PER_PAGE, skip: 0, page: undefined };
  if (limit !== undefined || cursor !== undefined)
    throw new AppError('request.invalid', 'page: goes with page_size; cursor goes with limit');
  const [number, size] = [page ?? 1, page_size ?? DEFAULT_PER_PAGE];
  if (number * size > deepest)
    throw new AppError(
      'request.invalid',
      `page: numbered pages reach ${deepest} entries deep; go on by cursor, with next_cursor of a page`,
    );
  return { limit: size, skip: (number - 1) * size, page: number };
}
