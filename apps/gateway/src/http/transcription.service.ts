import { Inject, Injectable } from '@nestjs/common';
import type { Request } from 'express';
import { AppError } from '@parlance/errors';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';
import { DecoderService } from '../media/decoder.service.js';
import { metered } from '../quotas/metered-audio.js';
import type { QuotaSubject } from '../quotas/quota-subject.js';
import { Quotas } from '../quotas/quotas.service.js';
import { recognitionModel } from '../recognition/openai-models.config.js';
import { RecognitionService, type RecordingOptions } from '../recognition/recognition.service.js';
import type { ChainTranscript } from '../recognition/recognizer.js';
import { readTranscriptionFields, type TranscriptionFields } from './transcription-form.schema.js';
import type { TaskedTranscript } from './response-formats.js';
import { UploadAdmission } from './upload-admission.service.js';
import { readUploadForm } from './upload-form.js';

export interface TranscriptionUpload {
  readonly request: Request;
  readonly task: 'TASK_TRANSCRIBE' | 'TASK_TRANSLATE';
  readonly subject: QuotaSubject;
  readonly signal: AbortSignal;
  /** Called with text as it becomes final, where the client asked for a stream. */
  readonly onText: (delta: string) => void;
}

/** Upload → decoder → recognition, all at the slowest one's pace. */
@Injectable()
export class TranscriptionService {
  constructor(
    private readonly decoder: DecoderService,
    private readonly admission: UploadAdmission,
    private readonly recognition: RecognitionService,
    private readonly quotas: Quotas,
    @Inject(GATEWAY_CONFIG) private readonly config: GatewayConfig,
  ) {}

  /** @throws AppError of the form, the media and the recognition */
  async transcribe({ request, task, subject, signal, onText }: TranscriptionUpload): Promise<{
    readonly transcript: TaskedTranscript & Pick<ChainTranscript, 'degraded'>;
    readonly fields: TranscriptionFields;
  }> {
    const { tenant } = subject;
    const meter = await this.quotas.openAudio(subject);
    const memory = this.admission.admit(tenant, request.res);
    const form = await readUploadForm(request, {
      field: 'file',
      maxBytes: this.config.upload.maxBytes,
      maxHeldBytes: this.config.upload.maxHeldBytes,
      memory,
    });
    const early = readTranscriptionFields(form.fields);
    const options = this.optionsOf(early, task);
    const result = await this.recognition.transcribe({
      pcm: metered(this.decoder.decode(form.file, signal, tenant), meter),
      options,
      identity: { tenant },
      signal,
      ...(early.isStreamed ? { onText } : {}),
    });
    const transcript = { ...result, task };
    if (form.isWhole) return { transcript, fields: early };
    await form.complete;
    const fields = readTranscriptionFields(form.fields);
    const isSame = fields.isStreamed === early.isStreamed;
    if (!isSame || JSON.stringify(this.optionsOf(fields, task)) !== JSON.stringify(options)) {
      const megabytes = Math.floor(this.config.upload.maxHeldBytes / 2 ** 20);
      throw new AppError(
        'request.invalid',
        `Files over ${megabytes} MiB must come last in the form, behind its fields.`,
      );
    }
    return { transcript, fields };
  }

  private optionsOf(fields: TranscriptionFields, task: TranscriptionUpload['task']): RecordingOptions {
    return {
      model: recognitionModel(this.config.recognition.openAiModels, fields.model),
      language: fields.language,
      languages: [...fields.languages],
      task,
      prompt: fields.prompt,
      temperature: fields.temperature,
      decoding: fields.decoding,
      wordTimestamps: fields.words || needsWordTimes(fields),
      tokenProbabilities: fields.logprobs,
    };
  }
}

/** Subtitles are cut at pauses, which only the words' times tell. */
function needsWordTimes({ responseFormat }: TranscriptionFields): boolean {
  return responseFormat === 'srt' || responseFormat === 'vtt';
}
