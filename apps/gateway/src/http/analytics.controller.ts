import { Controller, Get, Query, Req, Res, UseGuards } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { AccessGuard, Needs, type TenantRequest } from '../auth/access.guard.js';
import { AnalyticsRequests } from './analytics-requests.service.js';
import { ANALYTICS_ANSWERS } from './analytics-openapi.js';
import { AnswersEvents, AnswersJson } from './openapi-answers.js';
import { DaysQuery } from './openapi-parameters.js';
import { QueryGuard, QueryParameters } from './query.guard.js';

/** What happens at the caller's tenant. */
@ApiTags('Analytics')
@ApiBearerAuth()
@Needs({ roles: ['owner', 'admin', 'teacher', 'service'] })
@UseGuards(AccessGuard, QueryGuard)
@Controller('api/v1/analytics')
export class AnalyticsController {
  constructor(private readonly requests: AnalyticsRequests) {}

  @Get('windows')
  @ApiOperation({
    summary: 'Learners, sessions, turns, scores and errors of the last minute, 5 minutes, hour',
  })
  @AnswersJson(ANALYTICS_ANSWERS.windows, 'The windows')
  windows(@Req() { caller }: TenantRequest) {
    return this.requests.windows(caller);
  }

  @Get('live')
  @ApiOperation({ summary: 'The windows every second, as server-sent events' })
  @AnswersEvents(ANALYTICS_ANSWERS.windows, 'Events without names; each has the windows as its data, in JSON')
  async live(@Req() { caller }: TenantRequest, @Res() response: Response): Promise<void> {
    await this.requests.live(caller, response);
  }

  @Get('daily')
  @ApiOperation({ summary: 'Sums by day (UTC), the last 30 days where nothing else is asked for' })
  @DaysQuery('First day (UTC)', 'Last day')
  @AnswersJson(ANALYTICS_ANSWERS.daily, 'Days with something, oldest first')
  @QueryParameters('from', 'to')
  daily(@Req() { caller }: TenantRequest, @Query() query: Readonly<Record<string, unknown>>) {
    return this.requests.daily(caller, query);
  }
}

/** What each part of the platform does, for people and their dashboards; load balancers ask `/healthz` and `/readyz`. */
@ApiTags('State')
@UseGuards(QueryGuard)
@Controller()
export class StateController {
  constructor(private readonly requests: AnalyticsRequests) {}

  @Get('health')
  @ApiOperation({ summary: 'Whether each part is there' })
  @AnswersJson(ANALYTICS_ANSWERS.health, 'The parts')
  health() {
    return this.requests.health();
  }

  @Get('status')
  @ApiOperation({ summary: 'What each part does' })
  @AnswersJson(ANALYTICS_ANSWERS.status, 'The parts, and usage analytics')
  status() {
    return this.requests.status();
  }
}
