import { Controller, Get, Param, UseGuards } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiTags } from '@nestjs/swagger';
import { AppError } from '@parlance/errors';
import { AccessGuard, Needs } from '../auth/access.guard.js';
import { ModelList, type OpenAiModel } from '../catalogue/model-list.service.js';
import { ANSWERS, AnswersJson } from './openapi-answers.js';
import { QueryGuard } from './query.guard.js';

/** OpenAI's list of models: the configured ones, and OpenAI's own names that stand for some. */
@ApiTags('OpenAI-compatible')
@ApiBearerAuth()
@Needs({ scope: 'speech' })
@UseGuards(AccessGuard, QueryGuard)
@Controller('v1/models')
export class ModelsController {
  constructor(private readonly models: ModelList) {}

  @Get()
  @ApiOperation({ summary: 'List models' })
  @AnswersJson(ANSWERS.models, 'The models')
  async list(): Promise<{ object: 'list'; data: OpenAiModel[] }> {
    return { object: 'list', data: await this.models.load() };
  }

  @Get(':id')
  @ApiOperation({ summary: 'Look up a model' })
  @AnswersJson(ANSWERS.model, 'The model')
  async find(@Param('id') id: string): Promise<OpenAiModel> {
    const found = (await this.models.load()).find((entry) => entry.id === id);
    if (!found) throw new AppError('model.not_found', `There is no model named "${id}".`);
    return found;
  }
}
