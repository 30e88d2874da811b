import { applyDecorators } from '@nestjs/common';
import {
  ApiExtension,
  ApiQuery,
  type ApiBodyOptions,
  type ApiResponseOptions,
  type OpenAPIObject,
} from '@nestjs/swagger';
import { z } from 'zod';
import {
  realtimeClientSecretSchema,
  sessionContextSchema,
  sessionSettingsSchema,
  SPEAK_ENCODING_NAMES,
  SPEAK_MAX_CHARACTERS,
} from '@parlance/contracts';
import { SPEECH_FORMAT_NAMES } from '../synthesis/synthesis.client.js';
import {
  keyChangeSchema,
  keyCreateSchema,
  keyRotateSchema,
  organisationChangeSchema,
  organisationCreateSchema,
} from './access.schema.js';
import {
  logInSchema,
  passwordChangeSchema,
  profileChangeSchema,
  refreshSchema,
  signUpSchema,
} from './accounts.schema.js';
import { decodingProperties } from './decoding-fields.js';
import { RESPONSE_FORMATS } from './transcription-form.schema.js';
import { sessionCreateSchema, sessionEndSchema, sessionInitSchema } from './voice-session.schema.js';

/** What says that a body has to have something in it. */
interface SchemaObject {
  readonly required?: readonly string[];
  readonly anyOf?: readonly object[];
}
type DocumentedSchema = NonNullable<Extract<ApiBodyOptions, { schema: object }>['schema']>;

const LANGUAGE = {
  type: 'string',
  example: 'en',
  description: 'BCP 47 or an English name, as pt-BR or spanish; auto or nothing: detected',
} as const;

/** Multipart bodies are read as streams, so Nest cannot derive their OpenAPI schema; it is stated here. */
export const TRANSCRIPTION_BODY: ApiBodyOptions = {
  schema: {
    type: 'object',
    required: ['file', 'model'],
    properties: {
      file: { type: 'string', format: 'binary', description: 'Any audio or video ffmpeg reads' },
      model: { type: 'string', example: 'whisper-1' },
      language: LANGUAGE,
      languages: { type: 'string', example: 'en,es', description: 'What the language is detected among' },
      keywords: { type: 'array', items: { type: 'string' }, description: 'To expect, beside hotwords' },
      prompt: { type: 'string' },
      response_format: { type: 'string', enum: [...RESPONSE_FORMATS] },
      temperature: {
        description: 'Where decoding starts, 0 to 1; or a list of what is tried in turn',
        oneOf: [{ type: 'number' }, { type: 'array', items: { type: 'number' } }],
      },
      temperature_increment_on_fallback: { type: 'string', default: '0.2' },
      'timestamp_granularities[]': { type: 'array', items: { type: 'string', enum: ['word', 'segment'] } },
      'include[]': {
        type: 'array',
        items: { type: 'string', enum: ['logprobs'] },
        description: 'Needs response_format json',
      },
      stream: { type: 'boolean', description: 'Needs response_format json' },
      chunking_strategy: {
        description: 'Where voice activity finds speech; nowhere else is listened. auto: by the usual limits',
        oneOf: [
          { type: 'string', enum: ['auto'] },
          {
            type: 'object',
            required: ['type'],
            properties: {
              type: { type: 'string', enum: ['server_vad'] },
              threshold: { type: 'number', minimum: 0, maximum: 1, default: 0.5 },
              prefix_padding_ms: { type: 'integer', minimum: 0, maximum: 2_000, default: 300 },
              silence_duration_ms: { type: 'integer', minimum: 0, maximum: 10_000, default: 200 },
            },
          },
        ],
      },
      ...decodingProperties(),
    },
  },
};

const TURN_PROPERTIES = {
  audio: { type: 'string', format: 'binary', description: 'Any audio or video ffmpeg reads' },
  speak: { type: 'boolean', description: "Left out: as the session's settings have it, in a new one true" },
  voice: { type: 'string', description: "Left out: the session's, or a voice of the language of the turn" },
  model: { type: 'string' },
  language: LANGUAGE,
} as const;

export const TURN_BODY: ApiBodyOptions = {
  schema: {
    type: 'object',
    required: ['audio'],
    properties: {
      ...TURN_PROPERTIES,
      session: { type: 'string', description: 'Left out: a new session' },
    },
  },
};

/** Of a turn whose route names the session. */
export const TURN_IN_SESSION_BODY: ApiBodyOptions = {
  schema: { type: 'object', required: ['audio'], properties: TURN_PROPERTIES },
};

const { language, ...spoken } = TURN_PROPERTIES;
/** As that, by the names of a written turn. */
export const SPOKEN_TURN_FORM = {
  type: 'object',
  required: ['audio'],
  properties: { ...spoken, language_code: language },
} as const;

export const SPEECH_BODY: ApiBodyOptions = {
  schema: {
    type: 'object',
    required: ['input', 'model', 'voice'],
    properties: {
      input: { type: 'string', maxLength: 4096 },
      model: { type: 'string', example: 'tts-1' },
      voice: { type: 'string', example: 'alloy', description: 'A name or alias of GET /v1/audio/voices' },
      response_format: { type: 'string', enum: SPEECH_FORMAT_NAMES, default: 'mp3' },
      speed: { type: 'number', minimum: 0.25, maximum: 4, default: 1 },
      stream_format: {
        type: 'string',
        enum: ['audio', 'sse'],
        default: 'audio',
        description: 'sse: speech.audio.delta events with audio in base64, then speech.audio.done',
      },
      language: { ...LANGUAGE, description: 'Of the text; chooses a voice where none is named' },
    },
  },
};

/** Of `POST /v1/speak`; which values go together is in docs/integrations/deepgram.md. */
export const SPEAK_BODY: ApiBodyOptions = {
  schema: {
    type: 'object',
    required: ['text'],
    additionalProperties: false,
    properties: { text: { type: 'string', minLength: 1, maxLength: SPEAK_MAX_CHARACTERS } },
  },
};

export const SpeakQueryOptions = () =>
  applyDecorators(
    ApiQuery({ name: 'model', required: false, schema: { type: 'string', default: 'aura-asteria-en' } }),
    ApiQuery({
      name: 'encoding',
      required: false,
      schema: { type: 'string', enum: [...SPEAK_ENCODING_NAMES], default: 'mp3' },
    }),
    ApiQuery({
      name: 'container',
      required: false,
      schema: { type: 'string', enum: ['wav', 'ogg', 'none'] },
    }),
    ApiQuery({
      name: 'sample_rate',
      required: false,
      schema: { type: 'integer' },
      description: 'By encoding',
    }),
    ApiQuery({
      name: 'bit_rate',
      required: false,
      schema: { type: 'integer' },
      description: 'Bits a second, by encoding',
    }),
    ApiQuery({
      name: 'speed',
      required: false,
      schema: { type: 'number', minimum: 0.7, maximum: 1.5, default: 1 },
    }),
  );

const texts = { type: 'array', items: { type: 'string' } } as const;

export const VOICES_ANSWER: ApiResponseOptions = {
  schema: {
    type: 'object',
    required: ['voices', 'default'],
    properties: {
      voices: {
        type: 'array',
        items: {
          type: 'object',
          required: ['id', 'name', 'engine', 'language', 'licence', 'aliases'],
          properties: {
            id: { type: 'string', example: 'joe' },
            name: { type: 'string', example: 'joe' },
            engine: { type: 'string', example: 'local:piper' },
            language: { type: 'string', description: 'BCP 47', example: 'en-US' },
            licence: { type: 'string', example: 'CC0-1.0' },
            gender: { type: 'string', enum: ['female', 'male'] },
            aliases: { ...texts, example: ['alloy'] },
          },
        },
      },
      default: { type: 'string', description: 'Speaks where no voice is named', example: 'joe' },
    },
  },
};

/** The bodies of the session routes for the OpenAPI document, made from the schemas that check them. */
export const SESSION_BODIES = {
  init: bodyOf(sessionInitSchema),
  create: bodyOf(sessionCreateSchema),
  settings: bodyOf(sessionSettingsSchema),
  context: bodyOf(sessionContextSchema),
  end: bodyOf(sessionEndSchema),
};

export const CLIENT_SECRET_BODY = bodyOf(realtimeClientSecretSchema);

/** The bodies of the routes of organisations, keys and accounts. */
export const ACCESS_BODIES = {
  organisation: bodyOf(organisationCreateSchema),
  organisationChange: bodyOf(organisationChangeSchema),
  key: bodyOf(keyCreateSchema),
  keyChange: bodyOf(keyChangeSchema),
  keyRotation: bodyOf(keyRotateSchema),
  signUp: bodyOf(signUpSchema),
  logIn: bodyOf(logInSchema),
  refresh: bodyOf(refreshSchema),
  password: bodyOf(passwordChangeSchema),
  profile: bodyOf(profileChangeSchema),
};

/** The documented form of a JSON body, from the schema that checks it. */
export function bodyOf(schema: z.ZodType): ApiBodyOptions {
  const json = schemaOf(schema);
  const { required = [], anyOf = [] } = json as SchemaObject;
  const needsOne = anyOf.length > 0 && anyOf.every((one) => 'required' in one);
  return { required: required.length > 0 || needsOne, schema: json };
}

/** The documented form of what a schema reads. */
export function schemaOf(schema: z.ZodType): DocumentedSchema {
  // As clients send it: a field with a default may be left out.
  const { $schema: _, ...json } = z.toJSONSchema(schema, { target: 'openapi-3.0', io: 'input' });
  return json as DocumentedSchema;
}

const FORM = 'x-form';

/** Documents that a JSON body may also be a form of another schema: Nest has one schema for all media types of a body. */
export const OrForm = (schema: object) => ApiExtension(FORM, schema);

/** Puts the schemas of such forms where OpenAPI has them. */
export function withForms(document: OpenAPIObject): OpenAPIObject {
  for (const { post } of Object.values(document.paths)) {
    const operation = post as (typeof post & { [FORM]?: object }) | undefined;
    const body = operation?.requestBody;
    if (!operation?.[FORM] || !body || !('content' in body)) continue;
    body.content['multipart/form-data'] = { schema: operation[FORM] };
    delete operation[FORM];
  }
  return document;
}
