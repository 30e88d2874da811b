import {
  Body,
  Controller,
  Delete,
  Get,
  HttpCode,
  Param,
  Put,
  Query,
  Req,
  Res,
  UseGuards,
} from '@nestjs/common';
import { ApiBearerAuth, ApiBody, ApiOperation, ApiQuery, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { MANAGERS } from '@parlance/contracts';
import { AUDIT_RULES } from '../audit/audit-rules.js';
import { Audited } from '../audit/audited.interceptor.js';
import { AccessGuard, Needs, type TenantRequest } from '../auth/access.guard.js';
import { LearnerLimits } from '../quotas/learner-limits.service.js';
import { UsageExport } from '../quotas/usage-export.service.js';
import { UsageReports } from '../quotas/usage-reports.service.js';
import { AnswersJson, AnswersJsonOr, AnswersNothing } from './openapi-answers.js';
import { bodyOf } from './openapi-bodies.js';
import { DaysQuery, PagedBy, UserHeader } from './openapi-parameters.js';
import { QueryGuard, QueryParameters } from './query.guard.js';
import {
  learnerLimitsSchema,
  USAGE_ANSWERS,
  USAGE_FORMATS,
  USAGE_GROUPS,
  usageCursorSchema,
} from './usage.schema.js';

type QueryValues = Readonly<Record<string, unknown>>;

const CSV = 'text/csv';
const OfUser = () => UserHeader("One user's alone, with an API key");

/** What was used, by day. */
@ApiTags('Usage')
@ApiBearerAuth()
@OfUser()
@Needs({ scope: 'access' })
@UseGuards(AccessGuard, QueryGuard)
@Controller('api/v1/usage')
export class UsageController {
  constructor(
    private readonly reports: UsageReports,
    private readonly files: UsageExport,
  ) {}

  @Get()
  @ApiOperation({ summary: "The tenant's usage by day, and by key or learner; a learner's own" })
  @DaysQuery('First day (UTC); 29 days before to', 'Last day; today')
  @ApiQuery({ name: 'groupBy', required: false, enum: USAGE_GROUPS })
  @ApiQuery({ name: 'format', required: false, enum: USAGE_FORMATS, description: 'As Accept has it' })
  @PagedBy(usageCursorSchema)
  @AnswersJsonOr(CSV, USAGE_ANSWERS.page, 'A page; as CSV all rows behind the cursor')
  @QueryParameters('from', 'to', 'groupBy', 'format', 'limit', 'cursor')
  async usage(
    @Req() request: TenantRequest,
    @Query() query: QueryValues,
    @Res() response: Response,
  ): Promise<void> {
    const { tenant, caller, principal } = request;
    const question = this.reports.question(caller, principal, query);
    const format = question.format ?? (request.accepts(['json', CSV]) === CSV ? 'csv' : 'json');
    if (format === 'json') return void response.json(await this.reports.page(tenant, question));
    response.setHeader('content-type', `${CSV}; charset=utf-8; header=present`);
    response.setHeader(
      'content-disposition',
      `attachment; filename="usage-${question.from}-${question.to}.csv"`,
    );
    await this.files.send(tenant, question, response);
  }
}

/** What may be used, and what is left of it. */
@ApiTags('Usage')
@ApiBearerAuth()
@UseGuards(AccessGuard, QueryGuard)
@Controller('api/v1/limits')
export class LimitsController {
  constructor(
    private readonly reports: UsageReports,
    private readonly learners: LearnerLimits,
  ) {}

  @Get()
  @OfUser()
  @ApiOperation({ summary: 'The limits of the tenant, the key and the user, and what is left' })
  @AnswersJson(USAGE_ANSWERS.standing, 'Every limit there is')
  standing(@Req() { subject }: TenantRequest) {
    return this.reports.standing(subject);
  }

  @Get('learners/:user')
  @Needs({ scope: 'access', roles: MANAGERS })
  @ApiOperation({ summary: 'Limits of one learner; version 0 where it has none of its own' })
  @AnswersJson(USAGE_ANSWERS.learner, 'The limits')
  find(@Req() { caller }: TenantRequest, @Param('user') user: string) {
    return this.learners.find(caller, user);
  }

  @Put('learners/:user')
  @Needs({ scope: 'access', roles: MANAGERS })
  @ApiOperation({
    summary: 'Give one learner limits in the place of those for all, of which the version is known',
  })
  @ApiBody(bodyOf(learnerLimitsSchema))
  @AnswersJson(USAGE_ANSWERS.learner, 'The limits')
  @Audited(AUDIT_RULES.learnerLimitsChanged)
  put(@Req() { caller }: TenantRequest, @Param('user') user: string, @Body() body: unknown) {
    return this.learners.put(caller, user, body);
  }

  @Delete('learners/:user')
  @HttpCode(204)
  @Needs({ scope: 'access', roles: MANAGERS })
  @ApiOperation({ summary: 'The learner has the limits for all again' })
  @AnswersNothing('They are gone')
  @Audited(AUDIT_RULES.learnerLimitsDeleted)
  delete(@Req() { caller }: TenantRequest, @Param('user') user: string): Promise<void> {
    return this.learners.delete(caller, user);
  }
}
