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
import { ApiBearerAuth, ApiBody, ApiOperation, ApiQuery, ApiTags } from '@nestjs/swagger';
import { AccessGuard, type TenantRequest } from '../../auth/access.guard.js';
import { AnswersJson, AnswersNothing } from '../openapi-answers.js';
import { bodyOf } from '../openapi-bodies.js';
import { QueryGuard, QueryParameters } from '../query.guard.js';
import { LearnerHeader, PagedBy } from '../openapi-parameters.js';
import type { Query as QueryValues } from './learning-requests.js';
import {
  reviewSchema,
  VOCABULARY_ANSWERS,
  wordCreateSchema,
  wordsOfTurnSchema,
} from './vocabulary.schema.js';
import { VocabularyRequests } from './vocabulary-requests.service.js';

/** The learner's words, reviewed when they are about to be forgotten. */
@ApiTags('Practice')
@ApiBearerAuth()
@LearnerHeader()
@UseGuards(AccessGuard, QueryGuard)
@Controller('api/v1/vocabulary')
export class VocabularyController {
  constructor(private readonly requests: VocabularyRequests) {}

  @Get()
  @ApiOperation({
    summary: "The learner's words, newest first, in pages; due=true: those to be reviewed now",
  })
  @PagedBy()
  @ApiQuery({ name: 'due', required: false, enum: ['true', 'false'] })
  @AnswersJson(VOCABULARY_ANSWERS.words, 'A page')
  @QueryParameters('limit', 'cursor', 'due')
  list(@Req() { principal }: TenantRequest, @Query() query: QueryValues) {
    return this.requests.list(principal, query);
  }

  @Post()
  @ApiOperation({ summary: 'Add a word or phrase' })
  @ApiBody(bodyOf(wordCreateSchema))
  @AnswersJson(VOCABULARY_ANSWERS.word, 'The word', 201)
  add(@Req() { principal }: TenantRequest, @Body() body: unknown) {
    return this.requests.add(principal, body);
  }

  @Post('from-turn')
  @HttpCode(HttpStatus.OK)
  @ApiOperation({ summary: 'Add what the report on a turn says instead of its errors' })
  @ApiBody(bodyOf(wordsOfTurnSchema))
  @AnswersJson(VOCABULARY_ANSWERS.added, 'The words that were added')
  addOfTurn(@Req() { principal }: TenantRequest, @Body() body: unknown) {
    return this.requests.addOfTurn(principal, body);
  }

  @Get(':id')
  @ApiOperation({ summary: 'A word' })
  @AnswersJson(VOCABULARY_ANSWERS.word, 'The word')
  find(@Req() { principal }: TenantRequest, @Param('id') id: string) {
    return this.requests.find(principal, id);
  }

  @Post(':id/reviews')
  @HttpCode(HttpStatus.OK)
  @ApiOperation({ summary: 'Say how well a word was remembered: FSRS says when it is next due' })
  @ApiBody(bodyOf(reviewSchema))
  @AnswersJson(VOCABULARY_ANSWERS.word, 'The word')
  review(@Req() { principal }: TenantRequest, @Param('id') id: string, @Body() body: unknown) {
    return this.requests.review(principal, id, body);
  }

  @Delete(':id')
  @HttpCode(HttpStatus.NO_CONTENT)
  @ApiOperation({ summary: 'Delete a word' })
  @AnswersNothing('It is deleted')
  delete(@Req() { principal }: TenantRequest, @Param('id') id: string) {
    return this.requests.delete(principal, id);
  }
}

/** Days in a row. */
@ApiTags('Practice')
@ApiBearerAuth()
@LearnerHeader()
@UseGuards(AccessGuard, QueryGuard)
@Controller('api/v1/practice/streak')
export class StreakController {
  constructor(private readonly requests: VocabularyRequests) {}

  @Get()
  @ApiOperation({ summary: "Days in a row with a turn, an answer or a review, by a time zone's calendar" })
  @ApiQuery({ name: 'time_zone', required: false, description: 'As Europe/Berlin; UTC where it is left out' })
  @AnswersJson(VOCABULARY_ANSWERS.streak, 'The streak')
  @QueryParameters('time_zone')
  streak(@Req() { principal }: TenantRequest, @Query() query: QueryValues) {
    return this.requests.streak(principal, query);
  }
}
