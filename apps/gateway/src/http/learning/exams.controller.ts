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
import { ApiBearerAuth, ApiBody, ApiOperation, ApiQuery, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { AccessGuard, type TenantRequest } from '../../auth/access.guard.js';
import { AnswersJson } from '../openapi-answers.js';
import { bodyOf } from '../openapi-bodies.js';
import { QueryGuard, QueryParameters } from '../query.guard.js';
import { ExamRequests } from './exam-requests.service.js';
import { EXAM_ANSWERS, EXAM_LEVELS, examAnswerSchema, examCreateSchema } from './exams.schema.js';
import { LearnerHeader, PagedBy } from '../openapi-parameters.js';
import { readerOf, type Query as QueryValues } from './learning-requests.js';

/** Speaking exams: a prompt, time to prepare, time to speak, marks. */
@ApiTags('Practice')
@ApiBearerAuth()
@LearnerHeader()
@UseGuards(AccessGuard, QueryGuard)
@Controller('api/v1/practice')
export class ExamsController {
  constructor(private readonly requests: ExamRequests) {}

  @Get('exam-prompts')
  @ApiOperation({ summary: 'The prompts with their times, and the rubric' })
  @ApiQuery({ name: 'level', required: false, enum: EXAM_LEVELS })
  @AnswersJson(EXAM_ANSWERS.prompts, 'The prompts')
  @QueryParameters('level')
  prompts(@Query() query: QueryValues) {
    return this.requests.prompts(query);
  }

  @Post('exams')
  @ApiOperation({ summary: 'Begin an exam: the time to prepare begins now' })
  @ApiBody(bodyOf(examCreateSchema))
  @AnswersJson(EXAM_ANSWERS.exam, 'The exam with its times', 201)
  start(@Req() { principal }: TenantRequest, @Body() body: unknown) {
    return this.requests.start(principal, body);
  }

  @Get('exams')
  @ApiOperation({
    summary: "The learner's exams, newest first, in pages; of a teacher, or a key that names nobody: all",
  })
  @PagedBy()
  @AnswersJson(EXAM_ANSWERS.exams, 'A page')
  @QueryParameters('limit', 'cursor')
  list(@Req() request: TenantRequest, @Query() query: QueryValues) {
    return this.requests.list(readerOf(request), query);
  }

  @Get('exams/:id')
  @ApiOperation({ summary: 'An exam, with its result once the answer is judged' })
  @AnswersJson(EXAM_ANSWERS.exam, 'The exam')
  find(@Req() request: TenantRequest, @Param('id') id: string) {
    return this.requests.find(readerOf(request), id);
  }

  @Post('exams/:id/answer')
  @HttpCode(HttpStatus.OK)
  @ApiOperation({ summary: 'Answer by a turn that was spoken in the time to speak' })
  @ApiBody(bodyOf(examAnswerSchema))
  @AnswersJson(EXAM_ANSWERS.exam, 'The exam with its result')
  @AnswersJson(EXAM_ANSWERS.exam, 'Still being judged: ask for the exam', 202)
  async answer(
    @Req() { principal }: TenantRequest,
    @Param('id') id: string,
    @Body() body: unknown,
    @Res({ passthrough: true }) response: Response,
  ) {
    const exam = await this.requests.answer(principal, id, body);
    response.status(exam.status === 'judging' ? HttpStatus.ACCEPTED : HttpStatus.OK);
    return exam;
  }
}
