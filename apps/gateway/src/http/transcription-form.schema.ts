import { z } from 'zod';
import { keywordsSchema, languageListSchema, languageSchema, textSchema } from '@parlance/contracts';
import { isChunkingField, readChunkingStrategy } from './chunking-strategy.js';
import { DECODING_FIELDS, readDecodingFields, type DecodingForm } from './decoding-fields.js';
import {
  fieldFault,
  type FormFields,
  givenValue,
  parseRequest,
  refuseUnknownFields,
} from './request-fields.js';

export const RESPONSE_FORMATS = ['json', 'text', 'srt', 'vtt', 'verbose_json'] as const;

/** Formats of OpenAI's that are not made here, and why. */
const OTHER_FORMATS: ReadonlyMap<unknown, string> = new Map([
  ['diarized_json', 'diarized_json is not made here: speakers are not told apart'],
]);
/** Taken without effect: OpenAI's clients may send it, and it changes no answer. */
const IGNORED_FIELDS = ['user'];

/** Fields of OpenAI's transcription request, as a form carries them: text. */
const transcriptionSchema = z.object({
  model: z.string().max(200).default(''),
  language: languageSchema,
  languages: languageListSchema,
  keywords: keywordsSchema,
  prompt: textSchema(8_000).default(''),
  response_format: z
    .enum(RESPONSE_FORMATS, { error: ({ input }) => OTHER_FORMATS.get(input) })
    .default('json'),
  timestamp_granularities: z.array(z.enum(['word', 'segment'])).default(['segment']),
  stream: z.enum(['true', 'false', 'True', 'False', '1', '0']).default('false'),
  include: z.array(z.enum(['logprobs'])).default([]),
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
  /** Whether the log-probability of each token is told. */
  readonly logprobs: boolean;
}

/** @throws AppError request.invalid naming the field, as `param` too */
export function readTranscriptionFields(form: FormFields): TranscriptionFields {
  const chunking = [...form.keys()].filter(isChunkingField);
  refuseUnknownFields(form, new Set([...KNOWN_FIELDS, ...chunking]));
  const fields = parseRequest(transcriptionSchema, {
    model: givenValue(form, 'model'),
    language: givenValue(form, 'language'),
    languages: form.get('languages')?.join(','),
    keywords: form.get('keywords'),
    prompt: givenValue(form, 'prompt'),
    response_format: givenValue(form, 'response_format'),
    timestamp_granularities: form.get('timestamp_granularities'),
    stream: givenValue(form, 'stream'),
    include: form.get('include'),
  });
  const isVerbose = fields.response_format === 'verbose_json';
  const isStreamed = ['true', 'True', '1'].includes(fields.stream);
  if (form.has('timestamp_granularities') && !isVerbose) {
    throw fieldFault('timestamp_granularities', 'needs response_format verbose_json.');
  }
  if (isStreamed && fields.response_format !== 'json') {
    throw fieldFault('stream', 'needs response_format json: its events carry text alone.');
  }
  const logprobs = fields.include.includes('logprobs');
  if (logprobs && fields.response_format !== 'json') {
    throw fieldFault('include', 'logprobs need response_format json; verbose_json has avg_logprob.');
  }
  const { temperature, decoding } = readDecodingFields(form);
  if (logprobs && (decoding.beamSize ?? 1) > 1)
    throw fieldFault('include', 'logprobs are not told with a beam_size above 1.');
  const expected = [...(decoding.hotwords ? [decoding.hotwords] : []), ...fields.keywords];
  return {
    model: fields.model,
    language: fields.language,
    languages: fields.languages,
    prompt: fields.prompt,
    responseFormat: fields.response_format,
    temperature,
    // What the form says by the names of whisper's own options stands.
    decoding: {
      ...readChunkingStrategy(form),
      ...decoding,
      ...(expected.length > 0 ? { hotwords: expected.join(', ') } : {}),
    },
    words: isVerbose && fields.timestamp_granularities.includes('word'),
    segments: isVerbose && fields.timestamp_granularities.includes('segment'),
    isStreamed,
    logprobs,
  };
}
