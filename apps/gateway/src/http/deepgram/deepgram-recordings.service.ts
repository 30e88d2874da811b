import { Inject, Injectable } from '@nestjs/common';
import type { Request } from 'express';
import { decodingOptionsAmong, expectedWords } from '@parlance/contracts';
import { GATEWAY_CONFIG, type GatewayConfig } from '../../gateway.config.js';
import { DecoderService } from '../../media/decoder.service.js';
import { metered } from '../../quotas/metered-audio.js';
import type { QuotaSubject } from '../../quotas/quota-subject.js';
import { Quotas } from '../../quotas/quotas.service.js';
import { modelOfAlias } from '../../recognition/deepgram-models.config.js';
import { recognitionModel } from '../../recognition/recognition.client.js';
import { RecognitionService, type RecordingOptions } from '../../recognition/recognition.service.js';
import type { ChainTranscript } from '../../recognition/recognizer.js';
import { UploadAdmission } from '../upload-admission.service.js';
import { RecordingBody } from './recording-body.js';
import type { RecordingQuery } from './recording-query.schema.js';

export interface DeepgramRecording {
  readonly request: Request;
  readonly query: RecordingQuery;
  readonly subject: QuotaSubject;
  readonly signal: AbortSignal;
}

/** Recognises recordings that clients of Deepgram send. */
@Injectable()
export class DeepgramRecordings {
  constructor(
    private readonly decoder: DecoderService,
    private readonly admission: UploadAdmission,
    private readonly recognition: RecognitionService,
    private readonly quotas: Quotas,
    @Inject(GATEWAY_CONFIG) private readonly config: Pick<GatewayConfig, 'recognition' | 'upload'>,
  ) {}

  /** @throws AppError of the body, the media and the recognition */
  async transcribe({ request, query, subject, signal }: DeepgramRecording): Promise<{
    readonly transcript: ChainTranscript;
    /** Of the bytes as they came. */
    readonly sha256: string;
  }> {
    const { tenant } = subject;
    const body = new RecordingBody(request, this.config.upload.maxBytes);
    const meter = await this.quotas.openAudio(subject);
    this.admission.admit(tenant, request.res);
    const transcript = await this.recognition.transcribe({
      pcm: metered(this.decoder.decode(body.source(), signal, tenant), meter),
      options: this.optionsOf(query),
      identity: { tenant },
      signal,
    });
    return { transcript, sha256: await body.finish() };
  }

  private optionsOf(query: RecordingQuery): RecordingOptions {
    const { deepgramModels } = this.config.recognition;
    return {
      model: recognitionModel(modelOfAlias(deepgramModels, query.model)),
      language: query.detect_language ? '' : query.language,
      task: 'TASK_TRANSCRIBE',
      wordTimestamps: true,
      decoding: decodingOptionsAmong({ hotwords: expectedWords(query) }),
    };
  }
}
