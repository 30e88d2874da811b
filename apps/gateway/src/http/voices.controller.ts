import { Controller, Get, Res, UseGuards } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { AccessGuard, Needs } from '../auth/access.guard.js';
import { VoicesService } from '../synthesis/voices.service.js';
import { VOICES_ANSWER } from './openapi-bodies.js';
import { QueryGuard } from './query.guard.js';
import { requestSignal } from './request-scope.js';

/** Longest wait for tts. */
const LIST_LIMIT_MS = 5_000;

interface VoiceView {
  readonly id: string;
  readonly name: string;
  readonly engine: string;
  readonly language: string;
  readonly licence: string;
  readonly gender?: string;
  readonly aliases: readonly string[];
}

/** The voices that speech may be asked for in. */
@ApiTags('OpenAI-compatible')
@ApiBearerAuth()
@Needs({ scope: 'speech' })
@UseGuards(AccessGuard, QueryGuard)
@Controller('v1/audio/voices')
export class VoicesController {
  constructor(private readonly voices: VoicesService) {}

  @Get()
  @ApiOperation({ summary: 'List voices: name, engine, language, licence and the names each answers to' })
  @ApiOkResponse(VOICES_ANSWER)
  async list(
    @Res({ passthrough: true }) response: Response,
  ): Promise<{ voices: VoiceView[]; default: string }> {
    const { voices, defaultVoice } = await this.voices.list(requestSignal(response, LIST_LIMIT_MS));
    return {
      voices: voices.map(({ name, engine, language, licence, gender, aliases }) => ({
        id: name,
        name,
        engine,
        language,
        licence,
        ...(gender ? { gender } : {}),
        aliases,
      })),
      default: defaultVoice,
    };
  }
}
