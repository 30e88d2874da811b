import { Controller, HttpCode, HttpStatus, Inject, Post, Req, Res, UseGuards } from '@nestjs/common';
import { ApiBearerAuth, ApiBody, ApiConsumes, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { AccessGuard, Needs, type TenantRequest } from '../../auth/access.guard.js';
import { GATEWAY_CONFIG, type GatewayConfig } from '../../gateway.config.js';
import { AnswersJson } from '../openapi-answers.js';
import { QueryGuard } from '../query.guard.js';
import { causeOf, requestSignal } from '../request-scope.js';
import { AssessmentRequests } from './assessment-requests.service.js';
import { ASSESSMENT_BODY, assessmentAnswerSchema } from './assessments-openapi.js';

/** Scores of how something was spoken, without a session: a recording in, its assessment out; nothing is stored. */
@ApiTags('Assessments')
@ApiBearerAuth()
@Needs({ scope: 'speech' })
@UseGuards(AccessGuard, QueryGuard)
@Controller('api/v1/assessments')
export class AssessmentsController {
  constructor(
    private readonly requests: AssessmentRequests,
    @Inject(GATEWAY_CONFIG) private readonly config: GatewayConfig,
  ) {}

  @Post()
  @HttpCode(HttpStatus.OK)
  @ApiOperation({ summary: 'Score how a recording was spoken, against a text or against what is recognised' })
  @ApiConsumes('multipart/form-data')
  @ApiBody(ASSESSMENT_BODY)
  @AnswersJson(assessmentAnswerSchema, 'The assessment; what is null cannot be known, and reasons say why')
  async create(@Req() request: TenantRequest, @Res({ passthrough: true }) response: Response) {
    const signal = requestSignal(response, this.config.http.uploadLimitMs);
    return this.requests.assess(request, response, signal).catch((error: unknown) => {
      throw causeOf(error, signal);
    });
  }
}
