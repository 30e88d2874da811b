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
  Res,
  UseGuards,
} from '@nestjs/common';
import { ApiBearerAuth, ApiBody, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { AccessGuard, type TenantRequest } from '../../auth/access.guard.js';
import { AnswersJson, AnswersNothing } from '../openapi-answers.js';
import { bodyOf } from '../openapi-bodies.js';
import { QueryGuard, QueryParameters } from '../query.guard.js';
import { LearnerHeader, PagedBy } from '../openapi-parameters.js';
import { readerOf, type Query as QueryValues } from './learning-requests.js';
import { QuestionSetRequests } from './question-set-requests.service.js';
import {
  QUESTION_SET_ANSWERS,
  questionAnswerBodySchema,
  questionSetCreateSchema,
} from './question-sets.schema.js';

const WAITING = 'Still being made: poll its URL';

/** Ten questions, answered by voice or text, and the report on them. */
@ApiTags('Practice')
@ApiBearerAuth()
@LearnerHeader()
@UseGuards(AccessGuard, QueryGuard)
@Controller('api/v1/practice/question-sets')
export class QuestionSetsController {
  constructor(private readonly requests: QuestionSetRequests) {}

  @Post()
  @ApiOperation({
    summary: 'Get ten questions: about a topic, a transcript or a session, else about anything',
  })
  @ApiBody(bodyOf(questionSetCreateSchema))
  @AnswersJson(QUESTION_SET_ANSWERS.set, 'The questions', 201)
  @AnswersJson(QUESTION_SET_ANSWERS.set, WAITING, 202)
  async create(
    @Req() { principal, subject }: TenantRequest,
    @Body() body: unknown,
    @Res({ passthrough: true }) response: Response,
  ) {
    const set = await this.requests.create(principal, body, subject);
    response.status(set.status === 'making' ? HttpStatus.ACCEPTED : HttpStatus.CREATED);
    return set;
  }

  @Get()
  @ApiOperation({
    summary: "The learner's sets, newest first, in pages; of a teacher, or a key that names nobody: all",
  })
  @PagedBy()
  @AnswersJson(QUESTION_SET_ANSWERS.sets, 'A page')
  @QueryParameters('limit', 'cursor')
  list(@Req() request: TenantRequest, @Query() query: QueryValues) {
    return this.requests.list(readerOf(request), query);
  }

  @Get(':id')
  @ApiOperation({ summary: 'A set with its answers, and its report once it is made' })
  @AnswersJson(QUESTION_SET_ANSWERS.set, 'The set')
  find(@Req() request: TenantRequest, @Param('id') id: string) {
    return this.requests.find(readerOf(request), id);
  }

  @Post(':id/answers')
  @ApiOperation({ summary: 'Answer a question by a turn or by text; the tenth answer begins the report' })
  @ApiBody(bodyOf(questionAnswerBodySchema))
  @AnswersJson(QUESTION_SET_ANSWERS.set, 'The set')
  @AnswersJson(QUESTION_SET_ANSWERS.set, WAITING, 202)
  async answer(
    @Req() { principal, subject }: TenantRequest,
    @Param('id') id: string,
    @Body() body: unknown,
    @Res({ passthrough: true }) response: Response,
  ) {
    const set = await this.requests.answer(principal, id, body, subject);
    response.status(set.status === 'reporting' ? HttpStatus.ACCEPTED : HttpStatus.OK);
    return set;
  }

  @Post(':id/finish')
  @ApiOperation({ summary: 'Report on the answers that there are' })
  @AnswersJson(QUESTION_SET_ANSWERS.set, 'The set with its report')
  @AnswersJson(QUESTION_SET_ANSWERS.set, WAITING, 202)
  async finish(
    @Req() { principal, subject }: TenantRequest,
    @Param('id') id: string,
    @Res({ passthrough: true }) response: Response,
  ) {
    const set = await this.requests.finish(principal, id, subject);
    response.status(set.status === 'reporting' ? HttpStatus.ACCEPTED : HttpStatus.OK);
    return set;
  }

  @Delete(':id')
  @HttpCode(HttpStatus.NO_CONTENT)
  @ApiOperation({ summary: 'Delete a set with its answers; its questions count as asked' })
  @AnswersNothing('It is deleted')
  delete(@Req() { principal }: TenantRequest, @Param('id') id: string) {
    return this.requests.delete(principal, id);
  }
}
