import { Controller, HttpCode, Inject, Post, Req, Res, UseGuards } from '@nestjs/common';
import { ApiBearerAuth, ApiBody, ApiConsumes, ApiOperation, ApiQuery, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { AccessGuard, Needs, type TenantRequest } from '../../auth/access.guard.js';
import { GATEWAY_CONFIG, type GatewayConfig } from '../../gateway.config.js';
import { AnswersJson } from '../openapi-answers.js';
import { QueryGuard, QueryParameters } from '../query.guard.js';
import { causeOf, requestIdOf, requestSignal } from '../request-scope.js';
import { DeepgramRecordings } from './deepgram-recordings.service.js';
import { recordingAnswer } from './recording-answer.js';
import { recordingAnswerSchema } from './recording-answer.schema.js';
import { readRecordingQuery, recordingQuerySchema } from './recording-query.schema.js';

const FLAG = { required: false, schema: { type: 'boolean' } } as const;
const TEXT = { required: false, schema: { type: 'string' } } as const;

/** Deepgram's route of recordings; the sockets of the same path are the WebSocket API of live speech. */
@ApiTags('Deepgram-compatible')
@ApiBearerAuth()
@Needs({ scope: 'speech' })
@UseGuards(AccessGuard, QueryGuard)
@Controller('v1/listen')
export class DeepgramRecordingsController {
  constructor(
    private readonly recordings: DeepgramRecordings,
    @Inject(GATEWAY_CONFIG) private readonly config: Pick<GatewayConfig, 'http'>,
  ) {}

  @Post()
  @HttpCode(200)
  @ApiOperation({
    summary: "Transcribe a recording of any format, as Deepgram's clients send it",
    description: 'JSON { "url" } names a recording at one of the hosts that the installation lists',
  })
  @ApiConsumes('application/octet-stream', 'audio/*', 'video/*')
  @ApiBody({ schema: { type: 'string', format: 'binary', description: 'Any audio or video ffmpeg reads' } })
  @ApiQuery({ name: 'model', ...TEXT, example: 'nova-3' })
  @ApiQuery({ name: 'language', ...TEXT, example: 'en', description: 'Left out: detected' })
  @ApiQuery({ name: 'detect_language', ...FLAG })
  @ApiQuery({ name: 'keyterm', ...TEXT, description: 'Words to expect, with commas between them' })
  @ApiQuery({ name: 'smart_format', ...FLAG })
  @ApiQuery({ name: 'utterances', ...FLAG })
  @ApiQuery({ name: 'utt_split', required: false, schema: { type: 'number', minimum: 0.1, maximum: 30 } })
  @ApiQuery({ name: 'paragraphs', ...FLAG })
  @QueryParameters(...Object.keys(recordingQuerySchema.shape))
  @AnswersJson(recordingAnswerSchema, 'The transcript')
  async transcribe(@Req() request: TenantRequest, @Res() response: Response): Promise<void> {
    const created = new Date().toISOString();
    const signal = requestSignal(response, this.config.http.uploadLimitMs);
    const query = readRecordingQuery(new URL(request.url, 'http://gateway').searchParams);
    try {
      const { subject } = request;
      const { transcript, sha256 } = await this.recordings.transcribe({ request, query, subject, signal });
      const fallbacks = transcript.degraded.map(({ from, to, reason }) => `${from} > ${to} (${reason})`);
      if (fallbacks.length > 0) response.setHeader('x-degraded', fallbacks.join(', '));
      const request_id = requestIdOf(response);
      response.setHeader('dg-request-id', request_id);
      response.json(recordingAnswer(transcript, query, { request_id, sha256, created }));
    } catch (error) {
      throw causeOf(error, signal);
    }
  }
}
