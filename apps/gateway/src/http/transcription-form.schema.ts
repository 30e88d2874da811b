import { z } from 'zod';
import { languageListSchema, languageSchema, textSchema } from '@parlance/contracts';
import { AppError } from '@parlance/errors';
import { DECODING_FIELDS, readDecodingFields, type DecodingForm } from './decoding-fields.js';
import { type FormFields, givenValue, parseRequest, refuseUnknownFields } from './request-fields.js';

export const RESPONSE_FORMATS = ['json', 'text', 'srt', 'vtt', 'verbose_json'] as const;

/** Taken without effect: OpenAI's clients may send it, and it changes no answer. */
const IGNORED_FIELDS = ['user'];

/** Fields of OpenAI's transcription request, as a form carries them: text. */
const transcriptionSchema = z.object({
  model: z.string().max(200).default('whisper-1'),
  language: languageSchema,
  languages: languageListSchema,
  prompt: textSchema(8_000).default(''),
  response_format: z.enum(RESPONSE_FORMATS).default('json'),
  timestamp_granularities: z.array(z.enum(['word', 'segment'])).default(['segment']),
  stream: z.enum(['true', 'false', 'True', 'False', '1', '0']).default('false'),
  chunking_strategy: z
    .literal('auto', 'can only be auto; vad_filter and batch_size say how a recording is cut')
    .optional(),
  include: z.array(z.never('is not known; verbose_json has avg_logprob for each segment')).optional(),
});

const KNOWN_FIELDS: ReadonlySet<string> = new Set([
  ...Object.keys(transcriptionSchema.shape),
  ...DECODING_FIELDS,
  ...IGNORED_FIELDS,
]);

export interface TranscriptionFields extends DecodingForm {
  readonly model: string;
  /** Whisper's code; empty: to be detected. */
  readonly language: string;
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
  refuseUnknownFields(form, KNOWN_FIELDS);
  const fields = parseRequest(transcriptionSchema, {
    model: givenValue(form, 'model'),
    language: givenValue(form, 'language'),
    languages: form.get('languages')?.join(','),
    prompt: givenValue(form, 'prompt'),
    response_format: givenValue(form, 'response_format'),
    timestamp_granularities: form.get('timestamp_granularities'),
    stream: givenValue(form, 'stream'),
    chunking_strategy: givenValue(form, 'chunking_strategy'),
    include: form.get('include'),
  });
  const isVerbose = fields.response_format === 'verbose_json';
  const isStreamed = ['true', 'True', '1'].includes(fields.stream);
  if (form.has('timestamp_granularities') && !isVerbose) {
    throw new AppError('request.invalid', 'timestamp_granularities needs response_format verbose_json.');
  }
  if (isStreamed && fields.response_format !== 'json') {
    throw new AppError('request.invalid', 'stream needs response_format json: its events carry text alone.');
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
    isStreamed,
  };
}
