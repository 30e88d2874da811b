import { Controller, Get, Param, Post, Req, Res, UseGuards } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { AccessGuard, Needs, type TenantRequest } from '../../auth/access.guard.js';
import { AnswersJson } from '../openapi-answers.js';
import { QueryGuard } from '../query.guard.js';
import { INFERENCE_ANSWERS as ANSWERS } from './infer.schema.js';
import { Inference } from './inference-openapi.js';
import { InferenceRequests } from './inference-requests.service.js';

const TAG = 'Open Inference Protocol';

/** A model. */
@ApiTags(TAG)
@ApiBearerAuth()
@Needs({ scope: 'speech' })
@UseGuards(AccessGuard, QueryGuard)
@Controller('v2/models/:model')
export class InferenceModelController {
  constructor(private readonly requests: InferenceRequests) {}

  @Get()
  @ApiOperation({ summary: 'Inputs and outputs of a model' })
  @AnswersJson(ANSWERS.metadata, 'The model')
  metadata(
    @Req() request: TenantRequest,
    @Res({ passthrough: true }) response: Response,
    @Param('model') name: string,
  ): Promise<object> {
    return this.requests.metadata({ request, response }, { name, version: '' });
  }

  @Get('ready')
  @ApiOperation({ summary: 'Whether a model is loaded' })
  @AnswersJson(ANSWERS.modelReady, 'It is')
  modelReady(
    @Req() request: TenantRequest,
    @Res({ passthrough: true }) response: Response,
    @Param('model') name: string,
  ): Promise<{ name: string; ready: true }> {
    return this.requests.modelReady({ request, response }, { name, version: '' });
  }

  @Get('config')
  @ApiOperation({ summary: 'The configuration of a model' })
  @AnswersJson(ANSWERS.config, 'As Triton has it')
  config(
    @Req() request: TenantRequest,
    @Res({ passthrough: true }) response: Response,
    @Param('model') name: string,
  ): Promise<object> {
    return this.requests.config({ request, response }, { name, version: '' });
  }

  @Get('stats')
  @ApiOperation({ summary: 'What requests of a model took' })
  @AnswersJson(ANSWERS.statistics, 'Its statistics')
  statistics(
    @Req() request: TenantRequest,
    @Res({ passthrough: true }) response: Response,
    @Param('model') name: string,
  ): Promise<object> {
    return this.requests.statistics({ request, response }, { name, version: '' });
  }

  @Post('infer')
  @ApiOperation({ summary: 'Run a model' })
  @Inference()
  infer(
    @Req() request: TenantRequest,
    @Res() response: Response,
    @Param('model') name: string,
  ): Promise<void> {
    return this.requests.infer({ request, response }, { name, version: '' });
  }
}

/** A model by its version, of which there is one. */
@ApiTags(TAG)
@ApiBearerAuth()
@Needs({ scope: 'speech' })
@UseGuards(AccessGuard, QueryGuard)
@Controller('v2/models/:model/versions/:version')
export class InferenceModelVersionController {
  constructor(private readonly requests: InferenceRequests) {}

  @Get()
  @ApiOperation({ summary: 'Inputs and outputs of a model, by its version' })
  @AnswersJson(ANSWERS.metadata, 'The model')
  metadata(
    @Req() request: TenantRequest,
    @Res({ passthrough: true }) response: Response,
    @Param('model') name: string,
    @Param('version') version: string,
  ): Promise<object> {
    return this.requests.metadata({ request, response }, { name, version });
  }

  @Get('ready')
  @ApiOperation({ summary: 'Whether a model is loaded, by its version' })
  @AnswersJson(ANSWERS.modelReady, 'It is')
  modelReady(
    @Req() request: TenantRequest,
    @Res({ passthrough: true }) response: Response,
    @Param('model') name: string,
    @Param('version') version: string,
  ): Promise<{ name: string; ready: true }> {
    return this.requests.modelReady({ request, response }, { name, version });
  }

  @Get('config')
  @ApiOperation({ summary: 'The configuration of a model, by its version' })
  @AnswersJson(ANSWERS.config, 'As Triton has it')
  config(
    @Req() request: TenantRequest,
    @Res({ passthrough: true }) response: Response,
    @Param('model') name: string,
    @Param('version') version: string,
  ): Promise<object> {
    return this.requests.config({ request, response }, { name, version });
  }

  @Get('stats')
  @ApiOperation({ summary: 'What requests of a model took, by its version' })
  @AnswersJson(ANSWERS.statistics, 'Its statistics')
  statistics(
    @Req() request: TenantRequest,
    @Res({ passthrough: true }) response: Response,
    @Param('model') name: string,
    @Param('version') version: string,
  ): Promise<object> {
    return this.requests.statistics({ request, response }, { name, version });
  }

  @Post('infer')
  @ApiOperation({ summary: 'Run a model, by its version' })
  @Inference()
  infer(
    @Req() request: TenantRequest,
    @Res() response: Response,
    @Param('model') name: string,
    @Param('version') version: string,
  ): Promise<void> {
    return this.requests.infer({ request, response }, { name, version });
  }
}
