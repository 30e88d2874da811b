import {
  Body,
  Controller,
  Delete,
  Get,
  HttpCode,
  HttpStatus,
  Param,
  Post,
  Query,
  Req,
  UseGuards,
} from '@nestjs/common';
import { ApiBearerAuth, ApiBody, ApiOperation, ApiTags } from '@nestjs/swagger';
import { AUTHORS } from '@parlance/contracts';
import { AccessGuard, Needs, type TenantRequest } from '../../auth/access.guard.js';
import { AnswersJson, AnswersNothing } from '../openapi-answers.js';
import { bodyOf } from '../openapi-bodies.js';
import { QueryGuard, QueryParameters } from '../query.guard.js';
import { ContestRequests } from './contest-requests.service.js';
import {
  CONTEST_ANSWERS,
  contestCreateSchema,
  contestJoinSchema,
  leaderboardQuerySchema,
} from './contests.schema.js';
import { LearnerHeader, PagedBy, VersionQuery } from '../openapi-parameters.js';
import type { Query as QueryValues } from './learning-requests.js';

/** Contests for words, which the tenant's authors make and its learners join. */
@ApiTags('Practice')
@ApiBearerAuth()
@LearnerHeader()
@UseGuards(AccessGuard, QueryGuard)
@Controller('api/v1/contests')
export class ContestsController {
  constructor(private readonly requests: ContestRequests) {}

  @Get()
  @ApiOperation({ summary: "The tenant's contests, newest first, in pages" })
  @PagedBy()
  @AnswersJson(CONTEST_ANSWERS.contests, 'A page')
  @QueryParameters('limit', 'cursor')
  list(@Req() { principal }: TenantRequest, @Query() query: QueryValues) {
    return this.requests.list(principal, query);
  }

  @Post()
  @Needs({ roles: AUTHORS })
  @ApiOperation({ summary: 'Make a contest' })
  @ApiBody(bodyOf(contestCreateSchema))
  @AnswersJson(CONTEST_ANSWERS.contest, 'The contest', 201)
  create(@Req() { principal }: TenantRequest, @Body() body: unknown) {
    return this.requests.create(principal, body);
  }

  @Get(':id')
  @ApiOperation({ summary: 'A contest' })
  @AnswersJson(CONTEST_ANSWERS.contest, 'The contest')
  find(@Req() { principal }: TenantRequest, @Param('id') id: string) {
    return this.requests.find(principal, id);
  }

  @Delete(':id')
  @Needs({ roles: AUTHORS })
  @HttpCode(HttpStatus.NO_CONTENT)
  @ApiOperation({ summary: 'Delete a contest with its entries' })
  @VersionQuery()
  @AnswersNothing('It is deleted')
  @QueryParameters('version')
  delete(@Req() { principal }: TenantRequest, @Param('id') id: string, @Query() query: QueryValues) {
    return this.requests.delete(principal, id, query);
  }

  @Post(':id/entries')
  @ApiOperation({ summary: 'Join: what the learner says from now on counts' })
  @ApiBody(bodyOf(contestJoinSchema))
  @AnswersJson(CONTEST_ANSWERS.entry, "The learner's entry", 201)
  join(@Req() { principal }: TenantRequest, @Param('id') id: string, @Body() body: unknown) {
    return this.requests.join(principal, id, body);
  }

  @Get(':id/leaderboard')
  @ApiOperation({ summary: "Entries by score, as of now, and the learner's own" })
  @PagedBy(leaderboardQuerySchema.shape.cursor)
  @AnswersJson(CONTEST_ANSWERS.leaderboard, 'A page')
  @QueryParameters('limit', 'cursor')
  leaderboard(@Req() { principal }: TenantRequest, @Param('id') id: string, @Query() query: QueryValues) {
    return this.requests.leaderboard(principal, id, query);
  }
}
