import { Inject, Injectable } from '@nestjs/common';
import type { Request } from 'express';
import { z } from 'zod';
import { decodingOptionsAmong, expectedWords } from '@parlance/contracts';
import { AppError } from '@parlance/errors';
import { GATEWAY_CONFIG, type GatewayConfig } from '../../gateway.config.js';
import { DecoderService } from '../../media/decoder.service.js';
import { metered } from '../../quotas/metered-audio.js';
import type { QuotaSubject } from '../../quotas/quota-subject.js';
import { Quotas } from '../../quotas/quotas.service.js';
import { modelOfAlias } from '../../recognition/deepgram-models.config.js';
import { recognitionModel } from '../../recognition/openai-models.config.js';
import { RecognitionService, type RecordingOptions } from '../../recognition/recognition.service.js';
import type { ChainTranscript } from '../../recognition/recognizer.js';
import { RemoteRecordings } from '../../recordings/remote-recordings.client.js';
import { parseRequest } from '../request-fields.js';
import { UploadAdmission } from '../upload-admission.service.js';
import { RecordingBody } from './recording-body.js';
import type { RecordingQuery } from './recording-query.schema.js';

/** A JSON body names the recording instead of being it. */
const addressSchema = z.strictObject({ url: z.string().max(4_096) });

export interface DeepgramRecording {
  readonly request: Request;
  readonly query: RecordingQuery;
  readonly subject: QuotaSubject;
  readonly signal: AbortSignal;
}

/** Recognises recordings that clients of Deepgram send, or name by their address. */
@Injectable()
export class DeepgramRecordings {
  constructor(
    private readonly decoder: DecoderService,
    private readonly admission: UploadAdmission,
    private readonly recognition: RecognitionService,
    private readonly quotas: Quotas,
    private readonly remote: RemoteRecordings,
    @Inject(GATEWAY_CONFIG) private readonly config: Pick<GatewayConfig, 'recognition' | 'upload'>,
  ) {}

  /** @throws AppError of the body or the address, the media and the recognition */
  async transcribe(recording: DeepgramRecording): Promise<{
    readonly transcript: ChainTranscript;
    /** Of the bytes as they came. */
    readonly sha256: string;
  }> {
    const { query, subject, signal, request } = recording;
    const { tenant } = subject;
    const meter = await this.quotas.openAudio(subject);
    this.admission.admit(tenant, request.res);
    const body = await this.bodyOf(recording);
    try {
      const transcript = await this.recognition.transcribe({
        pcm: metered(this.decoder.decode(body.source(), signal, tenant), meter),
        options: this.optionsOf(query),
        identity: { tenant },
        signal,
      });
      return { transcript, sha256: await body.finish() };
    } finally {
      body.close();
    }
  }

  private async bodyOf({ request, signal }: DeepgramRecording): Promise<RecordingBody> {
    const { maxBytes } = this.config.upload;
    if (!request.is('application/json')) return RecordingBody.ofRequest(request, maxBytes);
    if (!this.remote.isOffered)
      throw new AppError('request.invalid', 'url: is no option here; send the recording itself as the body');
    const { url } = parseRequest(addressSchema, request.body);
    return RecordingBody.ofRemote(await this.remote.open(url, signal), maxBytes);
  }

  private optionsOf(query: RecordingQuery): RecordingOptions {
    const { deepgramModels, openAiModels } = this.config.recognition;
    return {
      model: recognitionModel(openAiModels, modelOfAlias(deepgramModels, query.model)),
      language: query.detect_language ? '' : query.language,
      task: 'TASK_TRANSCRIBE',
      wordTimestamps: true,
      decoding: decodingOptionsAmong({ hotwords: expectedWords(query) }),
    };
  }
}
