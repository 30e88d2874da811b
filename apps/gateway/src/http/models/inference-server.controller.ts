import { Controller, Get, HttpCode, Param, Post, Req, Res, UseGuards } from '@nestjs/common';
import { ApiBearerAuth, ApiBody, ApiOperation, ApiTags } from '@nestjs/swagger';
import { MANAGERS } from '@parlance/contracts';
import type { Response } from 'express';
import { AccessGuard, Needs, type TenantRequest } from '../../auth/access.guard.js';
import { SERVER } from '../../models/tenant-models.service.js';
import { AnswersJson } from '../openapi-answers.js';
import { QueryGuard } from '../query.guard.js';
import { INFERENCE_ANSWERS as ANSWERS } from './infer.schema.js';
import { INFERENCE_BODIES } from './inference-openapi.js';
import { InferenceRequests } from './inference-requests.service.js';

const TAG = 'Open Inference Protocol';

/** Liveness and readiness, which need no key. */
@ApiTags(TAG)
@UseGuards(QueryGuard)
@Controller('v2/health')
export class InferenceHealthController {
  constructor(private readonly requests: InferenceRequests) {}

  @Get('live')
  @ApiOperation({ summary: 'Whether the server lives' })
  @AnswersJson(ANSWERS.live, 'It lives')
  live(): { live: true } {
    return { live: true };
  }

  @Get('ready')
  @ApiOperation({ summary: 'Whether models can be run' })
  @AnswersJson(ANSWERS.ready, 'They can')
  ready(): Promise<{ ready: true }> {
    return this.requests.serverReady();
  }
}

/** The server and its repository of models, as clients of Triton ask for them. */
@ApiTags(TAG)
@ApiBearerAuth()
@Needs({ scope: 'speech' })
@UseGuards(AccessGuard, QueryGuard)
@Controller('v2')
export class InferenceServerController {
  constructor(private readonly requests: InferenceRequests) {}

  @Get()
  @ApiOperation({ summary: 'Name, version and extensions of the server' })
  @AnswersJson(ANSWERS.server, 'The server')
  server(): typeof SERVER {
    return SERVER;
  }

  @Get('models/stats')
  @ApiOperation({ summary: 'What requests of the loaded models took' })
  @AnswersJson(ANSWERS.statistics, 'Statistics of each model')
  statistics(@Req() request: TenantRequest, @Res({ passthrough: true }) response: Response): Promise<object> {
    return this.requests.statistics({ request, response }, { name: '', version: '' });
  }

  @Post('repository/index')
  @HttpCode(200)
  @ApiOperation({ summary: 'The models, loaded or not' })
  @ApiBody(INFERENCE_BODIES.index)
  @AnswersJson(ANSWERS.index, 'The models')
  index(@Req() request: TenantRequest, @Res({ passthrough: true }) response: Response): Promise<object[]> {
    return this.requests.index({ request, response });
  }

  @Post('repository/models/:model/load')
  @HttpCode(200)
  @Needs({ scope: 'access', roles: MANAGERS })
  @ApiOperation({ summary: 'Load a model, by a key of an administrator' })
  @ApiBody(INFERENCE_BODIES.load)
  @AnswersJson(ANSWERS.nothing, 'It is loaded')
  load(
    @Req() request: TenantRequest,
    @Res({ passthrough: true }) response: Response,
    @Param('model') model: string,
  ): Promise<object> {
    return this.requests.change({ request, response }, 'load', model);
  }

  @Post('repository/models/:model/unload')
  @HttpCode(200)
  @Needs({ scope: 'access', roles: MANAGERS })
  @ApiOperation({ summary: 'Unload a model, by a key of an administrator' })
  @ApiBody(INFERENCE_BODIES.load)
  @AnswersJson(ANSWERS.nothing, 'It is unloaded')
  unload(
    @Req() request: TenantRequest,
    @Res({ passthrough: true }) response: Response,
    @Param('model') model: string,
  ): Promise<object> {
    return this.requests.change({ request, response }, 'unload', model);
  }
}
