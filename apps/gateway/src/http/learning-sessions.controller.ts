import {
  Body,
  Controller,
  Get,
  HttpCode,
  HttpStatus,
  Param,
  Post,
  Query,
  Req,
  Res,
  UseGuards,
} from '@nestjs/common';
import { ApiBearerAuth, ApiBody, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { digitsSchema, ulidSchema } from '@parlance/contracts';
import { AccessGuard, type TenantRequest } from '../auth/access.guard.js';
import { LearningSessionRequests } from './learning-session-requests.service.js';
import {
  AnswersLearningTurn,
  LEARNING_ANSWERS,
  LEARNING_BODIES,
  PageQuery,
  SESSION_FILTERS,
  SessionFilterQuery,
} from './learning-sessions-openapi.js';
import { LearningTurnRequests } from './learning-turn-requests.service.js';
import { AnswersJson } from './openapi-answers.js';
import { OrForm, SPOKEN_TURN_FORM } from './openapi-bodies.js';
import { UserHeader } from './openapi-parameters.js';
import { PAGE_PARAMETERS } from './page-query.js';
import { QueryGuard, QueryParameters } from './query.guard.js';

type QueryValues = Readonly<Record<string, unknown>>;

/** Sessions of learners, by the codes of the catalogue: the same sessions that `/api/v1/voice` and the sockets speak in. */
@ApiTags('Sessions')
@ApiBearerAuth()
@UserHeader()
@UseGuards(AccessGuard, QueryGuard)
@Controller('api/v1/sessions')
export class LearningSessionsController {
  constructor(
    private readonly sessions: LearningSessionRequests,
    private readonly turns: LearningTurnRequests,
  ) {}

  @Post('open')
  @ApiOperation({ summary: 'Open a session of a learner, in a teaching mode and a language' })
  @ApiBody(LEARNING_BODIES.open)
  @AnswersJson(LEARNING_ANSWERS.session, 'The session', 201)
  open(@Req() { principal }: TenantRequest, @Body() body: unknown) {
    return this.sessions.open(principal, body);
  }

  @Get()
  @ApiOperation({ summary: 'Sessions, newest first, in pages by cursor or by number' })
  @SessionFilterQuery()
  @PageQuery(ulidSchema)
  @AnswersJson(LEARNING_ANSWERS.sessionPage, 'A page')
  @QueryParameters(...PAGE_PARAMETERS, ...SESSION_FILTERS)
  list(@Req() { principal }: TenantRequest, @Query() query: QueryValues) {
    return this.sessions.list(principal, query);
  }

  @Get(':id')
  @ApiOperation({ summary: 'A session with the means of its marks and what was said in all' })
  @AnswersJson(LEARNING_ANSWERS.wholeSession, 'The session')
  find(@Req() { principal }: TenantRequest, @Param('id') id: string) {
    return this.sessions.find(principal, id);
  }

  @Post(':id/close')
  @HttpCode(HttpStatus.OK)
  @ApiOperation({
    summary: 'Close a session; one that is closed or expired already is answered as it stands',
  })
  @ApiBody(LEARNING_BODIES.close)
  @AnswersJson(LEARNING_ANSWERS.session, 'The session')
  close(@Req() { principal }: TenantRequest, @Param('id') id: string, @Body() body: unknown) {
    return this.sessions.close(principal, id, body);
  }

  @Post(':id/turns')
  @ApiOperation({
    summary:
      'Write a turn, or speak it in a form, and wait for its answer (202: still answering, poll its URL)',
  })
  @ApiBody(LEARNING_BODIES.turn)
  @OrForm(SPOKEN_TURN_FORM)
  @AnswersLearningTurn()
  async create(
    @Req() request: TenantRequest,
    @Param('id') id: string,
    @Body() body: unknown,
    @Res() response: Response,
  ): Promise<void> {
    await this.turns.create(request, id, body, response);
  }

  @Get(':id/turns')
  @ApiOperation({ summary: "The session's turns, in order, in pages by cursor or by number" })
  @PageQuery(digitsSchema)
  @AnswersJson(LEARNING_ANSWERS.turnPage, 'A page')
  @QueryParameters(...PAGE_PARAMETERS)
  listTurns(@Req() { principal }: TenantRequest, @Param('id') id: string, @Query() query: QueryValues) {
    return this.turns.list(principal, id, query);
  }

  @Get(':id/turns/:turn')
  @ApiOperation({ summary: 'A turn as it stands' })
  @AnswersJson(LEARNING_ANSWERS.turn, 'The turn')
  findTurn(@Req() { principal }: TenantRequest, @Param('id') id: string, @Param('turn') turn: string) {
    return this.turns.find(principal, id, turn);
  }
}
