import { Controller, HttpCode, Inject, Post, Req, Res, UseGuards } from '@nestjs/common';
import { ApiBearerAuth, ApiBody, ApiConsumes, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { AccessGuard, Needs, type TenantRequest } from '../auth/access.guard.js';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';
import { AnswersTranscription } from './openapi-answers.js';
import { TRANSCRIPTION_BODY } from './openapi-bodies.js';
import { QueryGuard } from './query.guard.js';
import { causeOf, requestSignal } from './request-scope.js';
import { formatTranscript } from './response-formats.js';
import { TranscriptionEvents } from './event-stream.js';
import { TranscriptionService } from './transcription.service.js';

/** OpenAI's transcription routes. */
@ApiTags('OpenAI-compatible')
@ApiBearerAuth()
@Needs({ scope: 'speech' })
@UseGuards(AccessGuard, QueryGuard)
@Controller('v1/audio')
export class TranscriptionController {
  constructor(
    private readonly transcriptions: TranscriptionService,
    @Inject(GATEWAY_CONFIG) private readonly config: GatewayConfig,
  ) {}

  @Post('transcriptions')
  @HttpCode(200)
  @ApiOperation({ summary: 'Transcribe a recording of any format' })
  @AnswersTranscription()
  @ApiConsumes('multipart/form-data')
  @ApiBody(TRANSCRIPTION_BODY)
  async transcribe(@Req() request: TenantRequest, @Res() response: Response): Promise<void> {
    await this.answer(request, response, 'TASK_TRANSCRIBE');
  }

  @Post('translations')
  @HttpCode(200)
  @ApiOperation({ summary: 'Transcribe a recording into English (multilingual models)' })
  @AnswersTranscription()
  @ApiConsumes('multipart/form-data')
  @ApiBody(TRANSCRIPTION_BODY)
  async translate(@Req() request: TenantRequest, @Res() response: Response): Promise<void> {
    await this.answer(request, response, 'TASK_TRANSLATE');
  }

  private async answer(
    request: TenantRequest,
    response: Response,
    task: 'TASK_TRANSCRIBE' | 'TASK_TRANSLATE',
  ): Promise<void> {
    const signal = requestSignal(response, this.config.http.uploadLimitMs);
    const events = new TranscriptionEvents(response);
    try {
      const { transcript, fields } = await this.transcriptions.transcribe({
        request,
        task,
        subject: request.subject,
        signal,
        onText: events.delta,
      });
      if (fields.isStreamed) return events.done(transcript, fields);
      const fallbacks = transcript.degraded.map(({ from, to, reason }) => `${from} > ${to} (${reason})`);
      if (fallbacks.length > 0) response.setHeader('x-degraded', fallbacks.join(', '));
      const { contentType, body } = formatTranscript(transcript, fields);
      response.setHeader('content-type', contentType);
      response.end(body);
    } catch (error) {
      const fault = causeOf(error, signal);
      if (!events.hasBegun) throw fault;
      events.fail(fault);
    }
  }
}
