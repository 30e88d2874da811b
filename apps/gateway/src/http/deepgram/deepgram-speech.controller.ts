import { Body, Controller, HttpCode, Inject, Post, Req, Res, UseGuards } from '@nestjs/common';
import { ApiBearerAuth, ApiBody, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { characterCount, SPEAK_PARAMETERS, speakBodySchema } from '@parlance/contracts';
import { AccessGuard, Needs, type TenantRequest } from '../../auth/access.guard.js';
import { GATEWAY_CONFIG, type GatewayConfig } from '../../gateway.config.js';
import { peek } from '../../media/byte-source.js';
import { deepgramModel } from '../../recognition/deepgram-view.js';
import { DeepgramSpeech } from '../../synthesis/deepgram-speech.service.js';
import { speakContentType } from '../../synthesis/speech-format.js';
import { AnswersFile } from '../openapi-answers.js';
import { SPEAK_BODY, SpeakQueryOptions } from '../openapi-bodies.js';
import { QueryGuard, QueryParameters } from '../query.guard.js';
import { parseRequest } from '../request-fields.js';
import { causeOf, requestIdOf, requestSignal } from '../request-scope.js';
import { readSpeakQuery } from './speak-query.js';

/** Deepgram's route of speech; the sockets of the same path speak texts as they come. */
@ApiTags('Deepgram-compatible')
@ApiBearerAuth()
@Needs({ scope: 'speech' })
@UseGuards(AccessGuard, QueryGuard)
@Controller('v1/speak')
export class DeepgramSpeechController {
  constructor(
    private readonly speech: DeepgramSpeech,
    @Inject(GATEWAY_CONFIG) private readonly config: Pick<GatewayConfig, 'turns'>,
  ) {}

  @Post()
  @HttpCode(200)
  @ApiOperation({ summary: "Speak a text, as Deepgram's clients ask for it" })
  @SpeakQueryOptions()
  @ApiBody(SPEAK_BODY)
  @QueryParameters(...SPEAK_PARAMETERS)
  @AnswersFile('The speech, in the encoding of the query', 'audio/*')
  async speak(
    @Req() request: TenantRequest,
    @Body() body: unknown,
    @Res() response: Response,
  ): Promise<void> {
    const { model, format, speed } = readSpeakQuery(new URL(request.url, 'http://gateway').searchParams);
    const { text } = parseRequest(speakBodySchema, body);
    const signal = requestSignal(response, this.config.turns.answerLimitMs);
    try {
      const speech = await this.speech.speak({ text, model, format, speed }, request.subject, signal);
      // A fault before the first sound is told by a status.
      const { all } = await peek(speech.audio, 1);
      response.set({
        'content-type': speakContentType(format),
        'dg-request-id': requestIdOf(response),
        'dg-model-name': model,
        'dg-model-uuid': deepgramModel(model).model_uuid,
        'dg-char-count': String(characterCount(text)),
        'x-speech-engine': speech.engine,
        ...(speech.degradedFrom ? { 'x-speech-degraded-from': speech.degradedFrom } : {}),
      });
      await pipeline(Readable.from(all, { objectMode: false }), response);
    } catch (error) {
      throw causeOf(error, signal);
    }
  }
}
