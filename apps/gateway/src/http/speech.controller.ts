import { Body, Controller, HttpCode, Inject, Post, Req, Res, UseGuards } from '@nestjs/common';
import { ApiBearerAuth, ApiBody, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import { ApiKeyGuard, type TenantRequest } from '../auth/api-key.guard.js';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';
import { SpeechSynthesisClient } from '../synthesis/synthesis.client.js';
import { assertSpeechModel } from '../recognition/model-names.js';
import { SPEECH_BODY } from './openapi-bodies.js';
import { parseRequest } from './parse-request.js';
import { requestSignal } from './request-scope.js';

const ENCODINGS = {
  mp3: 'MP3',
  opus: 'OGG_OPUS',
  aac: 'AAC',
  flac: 'FLAC',
  wav: 'WAV',
  pcm: 'PCM_S16LE',
} as const;

const speechSchema = z.object({
  input: z.string().min(1, 'must not be empty').max(4_096, 'may have 4096 characters'),
  model: z.string().max(200).default('tts-1'),
  voice: z
    .string('must be the name of a voice; custom voices ({ id }) are not known here')
    .max(100)
    .default(''),
  response_format: z.enum(['mp3', 'opus', 'aac', 'flac', 'wav', 'pcm']).default('mp3'),
  speed: z.number().min(0.25).max(4).default(1),
  // Ours: chooses among the voices where none is named.
  language: z
    .string()
    .regex(/^([a-z]{2,3}([-_][a-z0-9]{2,8})*)?$/i, 'must be a BCP 47 tag such as en or pt-BR')
    .default(''),
});

/** OpenAI's speech route. */
@ApiTags('OpenAI-compatible')
@ApiBearerAuth()
@UseGuards(ApiKeyGuard)
@Controller('v1/audio/speech')
export class SpeechController {
  constructor(
    private readonly synthesis: SpeechSynthesisClient,
    @Inject(GATEWAY_CONFIG) private readonly config: GatewayConfig,
  ) {}

  @Post()
  @HttpCode(200)
  @ApiOperation({ summary: 'Speak a text' })
  @ApiBody(SPEECH_BODY)
  async speak(
    @Req() request: TenantRequest,
    @Body() body: unknown,
    @Res() response: Response,
  ): Promise<void> {
    const { input, model, voice, response_format, speed, language } = parseRequest(speechSchema, body);
    assertSpeechModel(model);
    const signal = requestSignal(response, this.config.PARLANCE_TURN_TIMEOUT_MS);
    const { format, audio } = await this.synthesis.speak(
      {
        text: input,
        voice,
        encoding: ENCODINGS[response_format],
        speed,
        language,
      },
      { tenant: request.tenant },
      signal,
    );
    response.setHeader('content-type', format.contentType);
    response.setHeader('x-speech-engine', format.engine);
    response.setHeader('x-sample-rate', String(format.sampleRateHz));
    await pipeline(Readable.from(audio, { objectMode: false }), response);
  }
}
