import { Controller, Get, Param, Query, Req, Res, UseGuards } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { AccessGuard, type TenantRequest } from '../auth/access.guard.js';
import { ConversationSearch } from '../search/conversation-search.service.js';
import { RETRY_AFTER_SECONDS, SummaryRequests } from '../search/summary-requests.service.js';
import { AnswersJson } from './openapi-answers.js';
import { UserHeader } from './openapi-parameters.js';
import { QueryGuard, QueryParameters } from './query.guard.js';
import { SEARCH_ANSWERS, SearchQuery, SummariesQuery } from './search-openapi.js';
import { SEARCH_PARAMETERS, SUMMARIES_PARAMETERS, summaryCursorSchema } from './search.schema.js';

type QueryValues = Readonly<Record<string, unknown>>;

/** What was said in earlier conversations, and what they came to. */
@ApiTags('Search and summaries')
@ApiBearerAuth()
@UserHeader()
@UseGuards(AccessGuard, QueryGuard)
@Controller('api/v1')
export class SearchController {
  constructor(
    private readonly search: ConversationSearch,
    private readonly summaries: SummaryRequests,
  ) {}

  @Get('conversations/search')
  @ApiOperation({ summary: 'Turns by what was said and replied, newest first, in pages' })
  @SearchQuery()
  @AnswersJson(SEARCH_ANSWERS.results, 'A page; go on while there is next_cursor, also after an empty one')
  @QueryParameters(...SEARCH_PARAMETERS)
  find(@Req() { principal }: TenantRequest, @Query() query: QueryValues) {
    return this.search.find(principal, query);
  }

  @Get('summaries')
  @ApiOperation({ summary: 'Summaries of sessions that have ended, newest first, in pages' })
  @SummariesQuery(summaryCursorSchema)
  @AnswersJson(SEARCH_ANSWERS.summaries, 'A page')
  @QueryParameters(...SUMMARIES_PARAMETERS)
  page(@Req() { principal }: TenantRequest, @Query() query: QueryValues) {
    return this.summaries.page(principal, query);
  }

  @Get('summaries/:session')
  @ApiOperation({ summary: 'The summary of a session that has ended' })
  @AnswersJson(SEARCH_ANSWERS.summary, 'The summary')
  @AnswersJson(SEARCH_ANSWERS.summaryPending, 'Still being written: ask again', 202)
  summary(
    @Req() request: TenantRequest,
    @Param('session') session: string,
    @Res({ passthrough: true }) response: Response,
  ) {
    return this.answer(request, session, response);
  }

  @Get('sessions/:id/summary')
  @ApiOperation({ summary: 'The summary of a session that has ended' })
  @AnswersJson(SEARCH_ANSWERS.summary, 'The summary')
  @AnswersJson(SEARCH_ANSWERS.summaryPending, 'Still being written: ask again', 202)
  sessionSummary(
    @Req() request: TenantRequest,
    @Param('id') id: string,
    @Res({ passthrough: true }) response: Response,
  ) {
    return this.answer(request, id, response);
  }

  private async answer({ principal }: TenantRequest, session: string, response: Response) {
    const answer = await this.summaries.find(principal, session);
    if (answer.ready) return answer.summary;
    response.status(202).setHeader('retry-after', RETRY_AFTER_SECONDS);
    return answer.pending;
  }
}
