import { Body, Controller, HttpCode, Inject, Post, Req, Res, UseGuards } from '@nestjs/common';
import { ApiBearerAuth, ApiBody, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import { spokenTagSchema, textSchema } from '@parlance/contracts';
import { AccessGuard, Needs, type TenantRequest } from '../auth/access.guard.js';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';
import {
  assertSpeechModel,
  SPEECH_FORMAT_NAMES,
  SPEECH_FORMATS,
  SpeechSynthesisClient,
} from '../synthesis/synthesis.client.js';
import { Quotas } from '../quotas/quotas.service.js';
import { AnswersFile } from './openapi-answers.js';
import { SPEECH_BODY } from './openapi-bodies.js';
import { parseRequest } from './request-fields.js';
import { QueryGuard } from './query.guard.js';
import { requestSignal } from './request-scope.js';
import { sendSpeechEvents } from './event-stream.js';

const speechSchema = z.strictObject({
  input: textSchema(4_096).min(1, 'must not be empty'),
  model: z.string().max(200).optional(),
  voice: z
    .string('must be the name of a voice; custom voices ({ id }) are not known here')
    .max(100)
    .default(''),
  response_format: z.enum(SPEECH_FORMAT_NAMES).default('mp3'),
  speed: z.number().min(0.25).max(4).default(1),
  stream_format: z.enum(['audio', 'sse']).default('audio'),
  instructions: z.literal('', 'cannot be followed: the voices have one manner of speaking each').optional(),
  // Taken without effect: OpenAI's clients may send it, and it changes no answer.
  user: z.string().optional(),
  // Ours: chooses among the voices where none is named.
  language: spokenTagSchema,
});

/** OpenAI's speech route. */
@ApiTags('OpenAI-compatible')
@ApiBearerAuth()
@Needs({ scope: 'speech' })
@UseGuards(AccessGuard, QueryGuard)
@Controller('v1/audio/speech')
export class AudioSpeechController {
  constructor(
    private readonly synthesis: SpeechSynthesisClient,
    private readonly quotas: Quotas,
    @Inject(GATEWAY_CONFIG) private readonly config: GatewayConfig,
  ) {}

  @Post()
  @HttpCode(200)
  @ApiOperation({ operationId: 'SpeechController_speak', summary: 'Speak a text' })
  @ApiBody(SPEECH_BODY)
  @AnswersFile('The speech, or by stream_format its events', 'audio/*', 'text/event-stream')
  async speak(
    @Req() request: TenantRequest,
    @Body() body: unknown,
    @Res() response: Response,
  ): Promise<void> {
    const { input, model, voice, response_format, stream_format, speed, language } = parseRequest(
      speechSchema,
      body,
    );
    if (model !== undefined) assertSpeechModel(this.config.synthesis.models, model);
    const signal = requestSignal(response, this.config.turns.answerLimitMs);
    const { format, audio } = await this.synthesis.speak(
      {
        text: input,
        voice,
        encoding: SPEECH_FORMATS[response_format],
        speed,
        language,
      },
      { tenant: request.tenant },
      signal,
    );
    this.quotas.count(request.subject, { characters: input.length });
    response.setHeader('x-speech-engine', format.engine);
    if (format.degradedFrom) response.setHeader('x-speech-degraded-from', format.degradedFrom);
    response.setHeader('x-sample-rate', String(format.sampleRateHz));
    if (stream_format === 'sse') return sendSpeechEvents(audio, input.length, response);
    response.setHeader('content-type', format.contentType);
    await pipeline(Readable.from(audio, { objectMode: false }), response);
  }
}
