import {
  Body,
  Controller,
  Get,
  HttpCode,
  HttpStatus,
  Param,
  Post,
  Put,
  Query,
  Req,
  Res,
  UseGuards,
} from '@nestjs/common';
import { ApiBearerAuth, ApiBody, ApiConsumes, ApiOperation, ApiQuery, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { AccessGuard, type TenantRequest } from '../auth/access.guard.js';
import { ANSWERS, AnswersJson, AnswersTranscript, AnswersTurn } from './openapi-answers.js';
import { SESSION_BODIES, TURN_IN_SESSION_BODY } from './openapi-bodies.js';
import { TextQuery, PagedBy, UserHeader } from './openapi-parameters.js';
import { QueryGuard, QueryParameters } from './query.guard.js';
import { TurnRequestService } from './turn-request.service.js';
import { TRANSCRIPT_FORMATS } from './voice-session.schema.js';
import { VoiceSessionRequests } from './voice-session-requests.service.js';

type QueryValues = Readonly<Record<string, unknown>>;

/** Sessions of spoken conversation: begun, resumed, looked up, changed, ended. */
@ApiTags('Voice sessions')
@ApiBearerAuth()
@UserHeader()
@UseGuards(AccessGuard, QueryGuard)
@Controller('api/v1/voice')
export class VoiceSessionsController {
  constructor(
    private readonly sessions: VoiceSessionRequests,
    private readonly turns: TurnRequestService,
  ) {}

  @Post('session/init')
  @HttpCode(HttpStatus.OK)
  @ApiOperation({ summary: "Begin a session, or get the user's active one back (resume)" })
  @ApiBody(SESSION_BODIES.init)
  @AnswersJson(ANSWERS.begunSession, 'The session')
  init(@Req() { principal }: TenantRequest, @Body() body: unknown) {
    return this.sessions.init(principal, body);
  }

  @Post('sessions')
  @ApiOperation({ summary: 'Begin a session for a lesson; oneActive: the only active one of its user' })
  @ApiBody(SESSION_BODIES.create)
  @AnswersJson(ANSWERS.begunSession, 'The session', 201)
  create(@Req() { principal }: TenantRequest, @Body() body: unknown) {
    return this.sessions.create(principal, body);
  }

  @Get('sessions')
  @ApiOperation({ summary: 'Sessions, newest first, in pages' })
  @PagedBy()
  @TextQuery('user')
  @ApiQuery({ name: 'status', required: false, enum: ['active', 'ended'] })
  @AnswersJson(ANSWERS.sessionPage, 'A page')
  @QueryParameters('limit', 'cursor', 'user', 'status')
  page(@Req() { principal }: TenantRequest, @Query() query: QueryValues) {
    return this.sessions.page(principal, query);
  }

  @Get('sessions/:id')
  @ApiOperation({ summary: 'A session with its settings, context, state and metrics' })
  @AnswersJson(ANSWERS.session, 'The session')
  find(@Req() { principal }: TenantRequest, @Param('id') id: string) {
    return this.sessions.find(principal, id);
  }

  @Get('sessions/:id/turns')
  @ApiOperation({ summary: "The session's turns, in order, after a sequence" })
  @ApiQuery({ name: 'after', required: false, schema: { type: 'integer', minimum: 0 } })
  @AnswersJson(ANSWERS.sessionTurns, 'Its turns')
  @QueryParameters('after')
  turnsOf(@Req() { principal }: TenantRequest, @Param('id') id: string, @Query() query: QueryValues) {
    return this.turns.session(principal, id, query);
  }

  @Put('sessions/:id/settings')
  @ApiOperation({ summary: 'Change settings; those that are not named stay' })
  @ApiBody(SESSION_BODIES.settings)
  @AnswersJson(ANSWERS.changedSession, 'The session')
  updateSettings(@Req() { principal }: TenantRequest, @Param('id') id: string, @Body() body: unknown) {
    return this.sessions.updateSettings(principal, id, body);
  }

  @Put('sessions/:id/context')
  @ApiOperation({ summary: 'Change the context; what is not named stays' })
  @ApiBody(SESSION_BODIES.context)
  @AnswersJson(ANSWERS.changedSession, 'The session')
  updateContext(@Req() { principal }: TenantRequest, @Param('id') id: string, @Body() body: unknown) {
    return this.sessions.updateContext(principal, id, body);
  }

  @Post('sessions/:id/end')
  @HttpCode(HttpStatus.OK)
  @ApiOperation({ summary: 'End a session; the second time says that it had ended' })
  @ApiBody(SESSION_BODIES.end)
  @AnswersJson(ANSWERS.endedSession, 'The session with its metrics')
  end(@Req() { principal }: TenantRequest, @Param('id') id: string, @Body() body: unknown) {
    return this.sessions.end(principal, id, body);
  }

  @Post('sessions/:id/upload-audio')
  @ApiOperation({ summary: "Speak a turn with the session's settings (202: still answering, poll its URL)" })
  @ApiConsumes('multipart/form-data')
  @ApiBody(TURN_IN_SESSION_BODY)
  @AnswersTurn()
  async upload(
    @Req() request: TenantRequest,
    @Param('id') id: string,
    @Res() response: Response,
  ): Promise<void> {
    await this.turns.answer(request, response, id);
  }

  @Get('sessions/:id/transcript')
  @ApiOperation({ summary: 'What both sides said, with times' })
  @ApiQuery({ name: 'format', required: false, enum: TRANSCRIPT_FORMATS })
  @AnswersTranscript()
  @QueryParameters('format')
  async transcript(
    @Req() { principal }: TenantRequest,
    @Param('id') id: string,
    @Query() query: QueryValues,
    @Res() response: Response,
  ): Promise<void> {
    const { contentType, body } = await this.sessions.transcript(principal, id, query);
    response.setHeader('content-type', contentType).end(body);
  }

  @Get('statistics')
  @ApiOperation({ summary: 'What a user did in all sessions: turns, words, scores, days in a row' })
  @TextQuery('user', "Needed with an API key; a token's own user else")
  @AnswersJson(ANSWERS.statistics, 'What the user did')
  @QueryParameters('user')
  statistics(@Req() { principal }: TenantRequest, @Query() query: QueryValues) {
    return this.sessions.statistics(principal, query);
  }
}
