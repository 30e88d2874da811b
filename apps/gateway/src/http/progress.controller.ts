import { Controller, Get, Inject, Param, Query, Req, Res, UseGuards } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { z } from 'zod';
import { MOST_PROGRESS_TURNS, PROGRESS_SCORES } from '@parlance/persistence';
import { AccessGuard, type TenantRequest } from '../auth/access.guard.js';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';
import { pictureFiles } from '../pictures/assessment-pictures.service.js';
import { PICTURE_CONTENT_TYPES } from '../pictures/picture.schema.js';
import { LearnerProgressService, PROGRESS_PICTURES } from '../sessions/learner-progress.service.js';
import { sendPicture } from './assessments/turn-pictures.controller.js';
import { AnswersFile, AnswersJson } from './openapi-answers.js';
import { QueryOf, TextQuery, UserHeader } from './openapi-parameters.js';
import { QueryGuard, QueryParameters } from './query.guard.js';
import { parseRequest } from './request-fields.js';
import { causeOf, requestSignal } from './request-scope.js';

const MOST_WEEKS = 52;
const weeksSchema = z.coerce.number().int().min(1).max(MOST_WEEKS).default(26);
const querySchema = z.object({ user: z.string().min(1).max(200).optional(), weeks: weeksSchema });

const scored = <Shape extends z.ZodRawShape>(shape: Shape) => {
  const known = z.object(shape).nullable();
  return z.object(Object.fromEntries(PROGRESS_SCORES.map((score) => [score, known])));
};
const count = z.number().int().nonnegative();
const day = z.iso.date();
const progressSchema = z.object({
  user: z.string(),
  /** Turns before it are not read. */
  since: day,
  turns: count,
  scores: scored({
    mean: z.number(),
    n: count,
    /** Points a week; null of fewer than two weeks. */
    slopePerWeek: z.number().nullable(),
    best: z.object({ value: z.number(), week: day }),
  }),
  weeks: z.array(
    z.object({ week: day, turns: count, scores: scored({ mean: z.number(), n: count, best: z.number() }) }),
  ),
  phones: z.array(z.object({ phone: z.string(), accuracy: z.number(), n: count })),
});

/** How a learner's assessed turns develop from week to week. */
@ApiTags('Voice sessions')
@ApiBearerAuth()
@UserHeader()
@UseGuards(AccessGuard, QueryGuard)
@Controller('api/v1/voice/progress')
export class ProgressController {
  constructor(
    private readonly progress: LearnerProgressService,
    @Inject(GATEWAY_CONFIG) private readonly config: GatewayConfig,
  ) {}

  @Get()
  @ApiOperation({
    summary: "A learner's scores by week, with slope and best, and the accuracy of each sound",
  })
  @TextQuery('user', "Needed with an API key; a token's own user else")
  @QueryOf('weeks', weeksSchema, 'That are looked at, this one among them')
  @AnswersJson(progressSchema, `The progress, of the newest sessions with ${MOST_PROGRESS_TURNS} turns`)
  @QueryParameters('user', 'weeks')
  find(@Req() { principal }: TenantRequest, @Query() query: Readonly<Record<string, unknown>>) {
    const { user, weeks } = parseRequest(querySchema, query);
    return this.progress.of(principal, user, weeks);
  }

  @Get(':file')
  @ApiOperation({ summary: "A picture of a learner's progress" })
  @ApiParam({ name: 'file', schema: { type: 'string', enum: pictureFiles(PROGRESS_PICTURES) } })
  @TextQuery('user', "Needed with an API key; a token's own user else")
  @QueryOf('weeks', weeksSchema, 'That are looked at, this one among them')
  @AnswersFile('The picture', ...Object.values(PICTURE_CONTENT_TYPES))
  @QueryParameters('user', 'weeks')
  async draw(
    @Req() { principal }: TenantRequest,
    @Param('file') file: string,
    @Query() query: Readonly<Record<string, unknown>>,
    @Res() response: Response,
  ): Promise<void> {
    const { user, weeks } = parseRequest(querySchema, query);
    const signal = requestSignal(response, this.config.http.uploadLimitMs);
    const picture = await this.progress
      .draw(principal, user, weeks, { file, signal })
      .catch((error: unknown) => {
        throw causeOf(error, signal);
      });
    sendPicture(picture, response);
  }
}
