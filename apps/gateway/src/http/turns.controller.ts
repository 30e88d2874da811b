import { Controller, Get, Param, Post, Req, Res, UseGuards } from '@nestjs/common';
import { ApiBearerAuth, ApiBody, ApiConsumes, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { pipeline } from 'node:stream/promises';
import { AccessGuard, type TenantRequest } from '../auth/access.guard.js';
import { TurnAudioService, type AudioContent } from '../turns/turn-audio.service.js';
import { ANSWERS, AnswersFile, AnswersJson, AnswersTurn } from './openapi-answers.js';
import { QueryGuard } from './query.guard.js';
import { TurnOwnerGuard } from './owner.guards.js';
import { TurnRequestService } from './turn-request.service.js';
import { TURN_BODY } from './openapi-bodies.js';

/** Parlance's own turns: audio in; text, scores, reply and speech out. */
@ApiTags('Turns')
@ApiBearerAuth()
@UseGuards(AccessGuard, QueryGuard)
@Controller('api/v1')
export class TurnsController {
  constructor(
    private readonly requests: TurnRequestService,
    private readonly audio: TurnAudioService,
  ) {}

  @Post('turns')
  @ApiOperation({
    operationId: 'TurnsController_take',
    summary: 'Speak a turn and wait for its answer (202: still answering, poll its URL)',
  })
  @ApiConsumes('multipart/form-data')
  @ApiBody(TURN_BODY)
  @AnswersTurn()
  async create(@Req() request: TenantRequest, @Res() response: Response): Promise<void> {
    await this.requests.answer(request, response);
  }

  @Get('turns/:id')
  @ApiOperation({ summary: 'A turn as it stands' })
  @AnswersJson(ANSWERS.turn, 'The turn')
  async find(@Req() request: TenantRequest, @Param('id') id: string) {
    return this.requests.find(request.principal, id);
  }

  @Get('turns/:id/audio')
  @UseGuards(TurnOwnerGuard)
  @ApiOperation({ summary: 'The whole spoken reply' })
  @AnswersFile('Its sentences, one behind the other', 'audio/*')
  async speech(
    @Req() { tenant }: TenantRequest,
    @Param('id') id: string,
    @Res() response: Response,
  ): Promise<void> {
    await send(await this.audio.reply(tenant, id), response);
  }

  @Get('turns/:id/audio/:index')
  @UseGuards(TurnOwnerGuard)
  @ApiOperation({ summary: 'One spoken sentence of the reply' })
  @AnswersFile('The sentence', 'audio/*')
  async sentence(
    @Req() { tenant }: TenantRequest,
    @Param('id') id: string,
    @Param('index') index: string,
    @Res() response: Response,
  ): Promise<void> {
    const position = /^\d{1,9}$/.test(index) ? Number(index) : NaN;
    await send(await this.audio.sentence(tenant, id, position), response);
  }

  @Get('turns/:id/recording')
  @UseGuards(TurnOwnerGuard)
  @ApiOperation({ summary: 'What was said, as FLAC' })
  @AnswersFile('The recording', 'audio/flac')
  async recording(
    @Req() { tenant }: TenantRequest,
    @Param('id') id: string,
    @Res() response: Response,
  ): Promise<void> {
    await send(await this.audio.recording(tenant, id), response);
  }
}

async function send({ contentType, bytes, content }: AudioContent, response: Response): Promise<void> {
  response.setHeader('content-type', contentType);
  if (bytes !== undefined) response.setHeader('content-length', String(bytes));
  await pipeline(content, response);
}
