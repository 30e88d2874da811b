import { Controller, Get, Param, Query, Req, UseGuards } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiTags } from '@nestjs/swagger';
import { AUTHORS } from '@parlance/contracts';
import { AccessGuard, Needs, type TenantRequest } from '../../auth/access.guard.js';
import { AnswersJson } from '../openapi-answers.js';
import { PagedBy, QueryOf } from '../openapi-parameters.js';
import { QueryGuard, QueryParameters } from '../query.guard.js';
import { LearnerRequests } from './learner-requests.service.js';
import { LEARNER_ANSWERS, learnerPageSchema } from './learners.schema.js';

type QueryValues = Readonly<Record<string, unknown>>;

/** The tenant's learners, for its teachers, administrators and owners, whether they come by a key or as themselves. */
@ApiTags('Learners')
@ApiBearerAuth()
@Needs({ roles: AUTHORS })
@UseGuards(AccessGuard, QueryGuard)
@Controller('api/v1/learners')
export class LearnersController {
  constructor(private readonly requests: LearnerRequests) {}

  @Get()
  @ApiOperation({ summary: 'Learners: accounts, and users of sessions without one, by id, in pages' })
  @PagedBy(learnerPageSchema.shape.cursor)
  @QueryOf(
    'text',
    learnerPageSchema.shape.text,
    'In the name or the e-mail address, or at the beginning of the id',
  )
  @AnswersJson(LEARNER_ANSWERS.page, 'A page')
  @QueryParameters('limit', 'cursor', 'text')
  page(@Req() { tenant }: TenantRequest, @Query() query: QueryValues) {
    return this.requests.page(tenant, query);
  }

  @Get(':user')
  @ApiOperation({ summary: 'A learner, with turns, words, mean scores and days of all sessions' })
  @AnswersJson(LEARNER_ANSWERS.learner, 'The learner')
  find(@Req() { tenant }: TenantRequest, @Param('user') user: string) {
    return this.requests.find(tenant, user);
  }

  @Get(':user/turns')
  @ApiOperation({ summary: "A learner's turns of all sessions, newest first, in pages" })
  @PagedBy()
  @AnswersJson(LEARNER_ANSWERS.turns, 'A page; go on while there is next_cursor, also after an empty one')
  @QueryParameters('limit', 'cursor')
  turnsOf(@Req() { tenant }: TenantRequest, @Param('user') user: string, @Query() query: QueryValues) {
    return this.requests.turnsOf(tenant, user, query);
  }
}
