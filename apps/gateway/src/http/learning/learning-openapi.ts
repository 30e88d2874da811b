import { applyDecorators } from '@nestjs/common';
import { ApiHeader, ApiQuery } from '@nestjs/swagger';
import { USER_HEADER } from '../../auth/access.guard.js';

/** Documents the parameters of a list in pages. */
export const PagedBy = () =>
  applyDecorators(
    ApiQuery({ name: 'limit', required: false, schema: { type: 'integer', minimum: 1, maximum: 100 } }),
    ApiQuery({ name: 'cursor', required: false, description: 'next_cursor of the page before' }),
  );

/** Documents the version that a deletion is based on. */
export const VersionQuery = () =>
  ApiQuery({ name: 'version', required: false, description: 'The one that is to be deleted' });

/** Documents how a request by an API key says for which learner it is. */
export const LearnerHeader = () =>
  ApiHeader({
    name: USER_HEADER,
    required: false,
    description: "Id of the learner whom a request with an API key is for; a token's own user else",
  });
