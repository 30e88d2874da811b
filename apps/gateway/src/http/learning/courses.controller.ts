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
import { AUTHORS, courseSchema, lessonSchema } from '@parlance/contracts';
import { AccessGuard, Needs, type TenantRequest } from '../../auth/access.guard.js';
import { AnswersJson, AnswersNothing } from '../openapi-answers.js';
import { bodyOf } from '../openapi-bodies.js';
import { QueryGuard, QueryParameters } from '../query.guard.js';
import { CourseRequests } from './course-requests.service.js';
import {
  COURSE_ANSWERS,
  courseChangeSchema,
  lessonChangeSchema,
  lessonPageSchema,
} from './courses.schema.js';
import { PagedBy, VersionQuery } from '../openapi-parameters.js';
import type { Query as QueryValues } from './learning-requests.js';

/** Courses and their lessons, which the tenant's authors write and everybody of the tenant reads. */
@ApiTags('Courses')
@ApiBearerAuth()
@UseGuards(AccessGuard, QueryGuard)
@Controller('api/v1/courses')
export class CoursesController {
  constructor(private readonly requests: CourseRequests) {}

  @Get()
  @ApiOperation({ summary: "The tenant's courses, newest first, in pages" })
  @PagedBy()
  @AnswersJson(COURSE_ANSWERS.courses, 'A page')
  @QueryParameters('limit', 'cursor')
  list(@Req() { principal }: TenantRequest, @Query() query: QueryValues) {
    return this.requests.list(principal, query);
  }

  @Post()
  @Needs({ roles: AUTHORS })
  @ApiOperation({ summary: 'Add a course' })
  @ApiBody(bodyOf(courseSchema))
  @AnswersJson(COURSE_ANSWERS.course, 'The course', 201)
  create(@Req() { principal }: TenantRequest, @Body() body: unknown) {
    return this.requests.create(principal, body);
  }

  @Get(':id')
  @ApiOperation({ summary: 'A course' })
  @AnswersJson(COURSE_ANSWERS.course, 'The course')
  find(@Req() { principal }: TenantRequest, @Param('id') id: string) {
    return this.requests.find(principal, id);
  }

  @Patch(':id')
  @Needs({ roles: AUTHORS })
  @ApiOperation({ summary: 'Change a course; 409 where version is not the current one' })
  @ApiBody(bodyOf(courseChangeSchema))
  @AnswersJson(COURSE_ANSWERS.course, 'The course')
  update(@Req() { principal }: TenantRequest, @Param('id') id: string, @Body() body: unknown) {
    return this.requests.update(principal, id, body);
  }

  @Delete(':id')
  @Needs({ roles: AUTHORS })
  @HttpCode(HttpStatus.NO_CONTENT)
  @ApiOperation({ summary: 'Delete a course with its lessons; enrolments stay' })
  @VersionQuery()
  @AnswersNothing('It is deleted')
  @QueryParameters('version')
  delete(@Req() { principal }: TenantRequest, @Param('id') id: string, @Query() query: QueryValues) {
    return this.requests.delete(principal, id, query);
  }

  @Get(':id/lessons')
  @ApiOperation({ summary: "A course's lessons by position, in pages" })
  @PagedBy(lessonPageSchema.shape.cursor)
  @AnswersJson(COURSE_ANSWERS.lessons, 'A page')
  @QueryParameters('limit', 'cursor')
  lessons(@Req() { principal }: TenantRequest, @Param('id') id: string, @Query() query: QueryValues) {
    return this.requests.lessons(principal, id, query);
  }

  @Post(':id/lessons')
  @Needs({ roles: AUTHORS })
  @ApiOperation({ summary: 'Add a lesson to a course' })
  @ApiBody(bodyOf(lessonSchema))
  @AnswersJson(COURSE_ANSWERS.lesson, 'The lesson', 201)
  createLesson(@Req() { principal }: TenantRequest, @Param('id') id: string, @Body() body: unknown) {
    return this.requests.createLesson(principal, id, body);
  }

  @Get(':id/lessons/:lesson')
  @ApiOperation({ summary: 'A lesson' })
  @AnswersJson(COURSE_ANSWERS.lesson, 'The lesson')
  findLesson(@Req() { principal }: TenantRequest, @Param('id') id: string, @Param('lesson') lesson: string) {
    return this.requests.findLesson(principal, id, lesson);
  }

  @Patch(':id/lessons/:lesson')
  @Needs({ roles: AUTHORS })
  @ApiOperation({ summary: 'Change a lesson; 409 where version is not the current one' })
  @ApiBody(bodyOf(lessonChangeSchema))
  @AnswersJson(COURSE_ANSWERS.lesson, 'The lesson')
  updateLesson(
    @Req() { principal }: TenantRequest,
    @Param('id') id: string,
    @Param('lesson') lesson: string,
    @Body() body: unknown,
  ) {
    return this.requests.updateLesson(principal, id, lesson, body);
  }

  @Delete(':id/lessons/:lesson')
  @Needs({ roles: AUTHORS })
  @HttpCode(HttpStatus.NO_CONTENT)
  @ApiOperation({ summary: 'Delete a lesson' })
  @VersionQuery()
  @AnswersNothing('It is deleted')
  @QueryParameters('version')
  deleteLesson(
    @Req() { principal }: TenantRequest,
    @Param('id') id: string,
    @Param('lesson') lesson: string,
    @Query() query: QueryValues,
  ) {
    return this.requests.deleteLesson(principal, id, lesson, query);
  }
}
