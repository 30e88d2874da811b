import {
  Body,
  Controller,
  Delete,
  Get,
  HttpCode,
  HttpStatus,
  Param,
  Patch,
  Post,
  Query,
  Req,
  UseGuards,
} from '@nestjs/common';
import { ApiBearerAuth, ApiBody, ApiOperation, ApiTags } from '@nestjs/swagger';
import { AccessGuard, type TenantRequest } from '../../auth/access.guard.js';
import { AnswersJson, AnswersNothing } from '../openapi-answers.js';
import { bodyOf } from '../openapi-bodies.js';
import { QueryGuard, QueryParameters } from '../query.guard.js';
import { EnrolmentRequests } from './enrolment-requests.service.js';
import { ENROLMENT_ANSWERS, enrolmentChangeSchema, enrolmentCreateSchema } from './courses.schema.js';
import { LearnerHeader, PagedBy, VersionQuery } from '../openapi-parameters.js';
import { readerOf, type Query as QueryValues } from './learning-requests.js';

/** Learners in courses, with their progress. */
@ApiTags('Courses')
@ApiBearerAuth()
@LearnerHeader()
@UseGuards(AccessGuard, QueryGuard)
@Controller('api/v1/enrolments')
export class EnrolmentsController {
  constructor(private readonly requests: EnrolmentRequests) {}

  @Get()
  @ApiOperation({
    summary:
      "The learner's enrolments, newest first, in pages; of a teacher, or a key that names nobody: all",
  })
  @PagedBy()
  @AnswersJson(ENROLMENT_ANSWERS.enrolments, 'A page')
  @QueryParameters('limit', 'cursor')
  list(@Req() request: TenantRequest, @Query() query: QueryValues) {
    return this.requests.list(readerOf(request), query);
  }

  @Post()
  @ApiOperation({ summary: 'Put the learner into a course' })
  @ApiBody(bodyOf(enrolmentCreateSchema))
  @AnswersJson(ENROLMENT_ANSWERS.enrolment, 'The enrolment', 201)
  create(@Req() { principal }: TenantRequest, @Body() body: unknown) {
    return this.requests.create(principal, body);
  }

  @Get(':id')
  @ApiOperation({ summary: 'An enrolment with its progress' })
  @AnswersJson(ENROLMENT_ANSWERS.enrolment, 'The enrolment')
  find(@Req() request: TenantRequest, @Param('id') id: string) {
    return this.requests.find(readerOf(request), id);
  }

  @Patch(':id')
  @ApiOperation({ summary: 'Note how far the learner is in a lesson' })
  @ApiBody(bodyOf(enrolmentChangeSchema))
  @AnswersJson(ENROLMENT_ANSWERS.enrolment, 'The enrolment')
  update(@Req() { principal }: TenantRequest, @Param('id') id: string, @Body() body: unknown) {
    return this.requests.update(principal, id, body);
  }

  @Delete(':id')
  @HttpCode(HttpStatus.NO_CONTENT)
  @ApiOperation({ summary: 'Take the learner out of the course, with the progress' })
  @VersionQuery()
  @AnswersNothing('It is deleted')
  @QueryParameters('version')
  delete(@Req() { principal }: TenantRequest, @Param('id') id: string, @Query() query: QueryValues) {
    return this.requests.delete(principal, id, query);
  }
}
