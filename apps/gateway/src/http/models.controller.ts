import { Controller, Get, Inject, Param, UseGuards } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiTags } from '@nestjs/swagger';
import { AppError } from '@parlance/errors';
import { AccessGuard, Needs } from '../auth/access.guard.js';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';
import { ANSWERS, AnswersJson } from './openapi-answers.js';
import { QueryGuard } from './query.guard.js';

interface ModelEntry {
  readonly id: string;
  readonly object: 'model';
  readonly created: number;
  readonly owned_by: string;
}

/** OpenAI's list of models: the configured ones, and OpenAI's own names for the defaults. */
@ApiTags('OpenAI-compatible')
@ApiBearerAuth()
@Needs({ scope: 'speech' })
@UseGuards(AccessGuard, QueryGuard)
@Controller('v1/models')
export class ModelsController {
  constructor(@Inject(GATEWAY_CONFIG) private readonly config: GatewayConfig) {}

  @Get()
  @ApiOperation({ summary: 'List models' })
  @AnswersJson(ANSWERS.models, 'The models')
  list(): { object: 'list'; data: ModelEntry[] } {
    const { defaultModel, otherModels } = this.config.recognition;
    const names = new Set(['whisper-1', 'tts-1', defaultModel, ...otherModels]);
    return { object: 'list', data: [...names].map(entryOf) };
  }

  @Get(':id')
  @ApiOperation({ summary: 'Look up a model' })
  @AnswersJson(ANSWERS.model, 'The model')
  find(@Param('id') id: string): ModelEntry {
    const found = this.list().data.find((entry) => entry.id === id);
    if (!found) throw new AppError('model.not_found', `There is no model named "${id}".`);
    return found;
  }
}

function entryOf(id: string): ModelEntry {
  return { id, object: 'model', created: 0, owned_by: 'parlance' };
}
