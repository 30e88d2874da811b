import { Inject, Injectable } from '@nestjs/common';
import type { Response } from 'express';
import { z } from 'zod';
import {
  languageSchema,
  LONGEST_ASSESSED_SECONDS,
  LONGEST_EXPECTED_TEXT,
  LONGEST_QUESTION,
  LONGEST_RESPONSE_MS,
  textSchema,
} from '@parlance/contracts';
import { AppError } from '@parlance/errors';
import type { TenantRequest } from '../../auth/access.guard.js';
import { GATEWAY_CONFIG, type GatewayConfig } from '../../gateway.config.js';
import { readAll } from '../../media/byte-source.js';
import { DecoderService, PCM_BYTES_PER_MS } from '../../media/decoder.service.js';
import { AssessmentPictures } from '../../pictures/assessment-pictures.service.js';
import { PICTURE_FORMATS } from '../../pictures/picture.schema.js';
import { metered } from '../../quotas/metered-audio.js';
import { Quotas } from '../../quotas/quotas.service.js';
import { assessmentView } from '../../recognition/assessment-view.js';
import { recognitionModel } from '../../recognition/openai-models.config.js';
import { RecognizeClient } from '../../recognition/recognize.client.js';
import { givenValue, parseRequest, refuseUnknownFields } from '../request-fields.js';
import { UploadAdmission } from '../upload-admission.service.js';
import { readUploadForm } from '../upload-form.js';
import type { AssessmentAnswer } from './assessments-openapi.js';

/** Whole milliseconds, as a form has them. */
const distance = z
  .string()
  .trim()
  .regex(/^-?\d{1,9}$/, 'must be whole milliseconds')
  .transform(Number)
  .pipe(z.number().min(-LONGEST_RESPONSE_MS).max(LONGEST_RESPONSE_MS))
  .optional();

const formSchema = z.object({
  text: textSchema(LONGEST_EXPECTED_TEXT).default(''),
  language: languageSchema,
  model: z.string().max(200).default(''),
  question: textSchema(LONGEST_QUESTION).default(''),
  questionEndMs: distance,
  responseDelayMs: distance,
  pictures: z.enum(PICTURE_FORMATS).optional(),
});
const FIELDS = Object.keys(formSchema.shape);

/** 16 kHz mono s16le. */
const MOST_PCM_BYTES = LONGEST_ASSESSED_SECONDS * 1_000 * PCM_BYTES_PER_MS;

/** Assessments over HTTP: the form in, the assessment out. */
@Injectable()
export class AssessmentRequests {
  constructor(
    private readonly admission: UploadAdmission,
    private readonly decoder: DecoderService,
    private readonly recognitions: RecognizeClient,
    private readonly quotas: Quotas,
    private readonly drawings: AssessmentPictures,
    @Inject(GATEWAY_CONFIG) private readonly config: GatewayConfig,
  ) {}

  /** @throws AppError of the form, the media and the assessment */
  async assess(request: TenantRequest, response: Response, signal: AbortSignal): Promise<AssessmentAnswer> {
    const { subject } = request;
    const { tenant } = request.principal;
    const meter = await this.quotas.openAudio(subject);
    const memory = this.admission.admit(tenant, response);
    const form = await readUploadForm(request, {
      field: 'audio',
      // It is short and held whole, so that every field is known.
      maxBytes: this.config.upload.maxHeldBytes,
      maxHeldBytes: this.config.upload.maxHeldBytes + 1,
      memory,
    });
    refuseUnknownFields(form.fields, new Set(FIELDS));
    const given = Object.fromEntries(FIELDS.map((name) => [name, givenValue(form.fields, name)]));
    const { text, language, model, question, pictures, ...ends } = parseRequest(formSchema, given);
    refuseTwoEnds(ends);
    const pcm = metered(this.decoder.decode(form.file, signal, tenant), meter);
    const audio = await readAll(pcm, MOST_PCM_BYTES, tooLong, memory);
    const config = {
      audio: { encoding: 'AUDIO_ENCODING_PCM_S16LE', sampleRateHz: 16_000, channels: 1 },
      model: recognitionModel(this.config.recognition.openAiModels, model),
      language,
      wordTimestamps: true,
    } as const;
    const asked = { config, audio, expectedText: text, question, ...ends };
    const answer = await this.recognitions.assess(asked, { tenant }, signal);
    const { recognition, measures, assessment } = answer;
    if (!recognition || !assessment)
      throw new AppError('upstream.unavailable', 'Inference is of a version that does not assess.');
    const { segments, text: recognised, audioMs, model: used, language: spoken } = recognition;
    const view = assessmentView(assessment);
    const drawn = pictures && (await this.drawings.all(view, audio, pictures, { tenant, signal }));
    return {
      ...view,
      recognised: {
        ...{ text: recognised, language: spoken, audioMs, model: used },
        words: segments.flatMap((segment) => segment.words),
      },
      measures: measures ?? null,
      ...(drawn && { pictures: drawn }),
    };
  }
}

function refuseTwoEnds({
  questionEndMs,
  responseDelayMs,
}: Partial<Record<string, number | undefined>>): void {
  if (questionEndMs === undefined || responseDelayMs === undefined) return;
  throw new AppError('request.invalid', 'Give questionEndMs or responseDelayMs, not both.', {
    param: 'responseDelayMs',
  });
}

function tooLong(): AppError {
  return new AppError(
    'audio.too_long',
    `A recording that is assessed may last ${LONGEST_ASSESSED_SECONDS} s at most.`,
    { param: 'audio' },
  );
}
