import { z } from 'zod';
import { languageListSchema } from '#libs/contracts';
import { AppError } from '#libs/errors';
import { readDecodingFields, type DecodingForm } from './decoding-fields.js';
import { parseRequest } from './parse-request.js';
import type { FormFields } from './upload-form.js';

export const RESPONSE_FORMATS = ['json', 'text', 'srt', 'vtt', 'verbose_json'] as const;

/** Fields of OpenAI's transcription request, as a form carries them: text. */
const transcriptionSchema = z.object({
  model: z.string().max(200).default('whisper-1'),
  language: z
    .string()
    .regex(/^[a-z]{2,3}$/i, 'must be an ISO 639-1 code')
    .transform((code) => code.toLowerCase())
    .optional(),
  languages: languageListSchema,
  prompt: z.string().max(8_000).default(''),
  response_format: z.enum(RESPONSE_FORMATS).default('json'),
  timestamp_granularities: z.array(z.enum(['word', 'segment'])).default(['segment']),
  stream: z.enum(['true', 'false', 'True', 'False', '1', '0']).default('false'),
});

export interface TranscriptionFields extends DecodingForm {
  readonly model: string;
  readonly language: string | undefined;
  /** What it is detected among; empty: any. */
  readonly languages: readonly string[];
  readonly prompt: string;
  readonly responseFormat: (typeof RESPONSE_FORMATS)[number];
  readonly words: boolean;
  readonly segments: boolean;
  readonly isStreamed: boolean;
}

/** @throws AppError request.invalid naming the field */
export function readTranscriptionFields(form: FormFields): TranscriptionFields {
  const last = (name: string): string | undefined => form.get(name)?.at(-1) || undefined;
  const fields = parseRequest(transcriptionSchema, {
    model: last('model'),
    language: last('language'),
    languages: form.get('languages')?.join(','),
    prompt: last('prompt'),
    response_format: last('response_format'),
    timestamp_granularities: form.get('timestamp_granularities'),
    stream: last('stream'),
  });
  const isVerbose = fields.response_format === 'verbose_json';
  if (form.has('timestamp_granularities') && !isVerbose) {
    throw new AppError('request.invalid', 'timestamp_granularities needs response_format verbose_json.');
  }
  return {
    model: fields.model,
    language: fields.language,
    languages: fields.languages,
    prompt: fields.prompt,
    responseFormat: fields.response_format,
    ...readDecodingFields(form),
    words: isVerbose && fields.timestamp_granularities.includes('word'),
    segments: isVerbose && fields.timestamp_granularities.includes('segment'),
    isStreamed: ['true', 'True', '1'].includes(fields.stream),
  };
}
