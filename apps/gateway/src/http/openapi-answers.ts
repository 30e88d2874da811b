import { applyDecorators } from '@nestjs/common';
import { ApiResponse, type OpenAPIObject } from '@nestjs/swagger';
import { z } from 'zod';
import {
  assessmentSchema,
  correctionSchema,
  degradationSchema,
  errorBodySchema,
  feedbackReportSchema,
  realtimeClientSecretViewSchema,
  sessionContextSchema,
  sessionSettingsSchema,
  speechMeasuresSchema,
  speechScoresSchema,
  turnEvaluationSchema,
  ulidSchema,
  wordSchema,
} from '@parlance/contracts';
import { SESSION_STATUSES } from '@parlance/persistence';
import { isDeepgramPath } from './deepgram/deepgram-faults.js';
import { isInferencePath } from './models/infer.schema.js';

/* What the routes answer, for the OpenAPI document; test/e2e/openapi.spec.ts compares each with what the gateway sends. */

type ResponsesObject = NonNullable<OpenAPIObject['paths'][string]['get']>['responses'];
type Media = Record<string, { schema: object }>;

/** Documents an answer by JSON. */
export function AnswersJson(schema: z.ZodType, description: string, status = 200) {
  return ApiResponse({
    status,
    description,
    content: { 'application/json': { schema: jsonSchema(schema) } },
  });
}

/** Documents an answer by JSON, or by text of another type where the client asks for that. */
export function AnswersJsonOr(type: `text/${string}`, schema: z.ZodType, description: string) {
  const content: Media = {
    'application/json': { schema: jsonSchema(schema) },
    [type]: { schema: { type: 'string' } },
  };
  return ApiResponse({ status: 200, description, content });
}

/** Documents an answer that is a file, of one of some media types. */
export function AnswersFile(description: string, ...types: readonly string[]) {
  const content: Media = Object.fromEntries(
    types.map((type) => [
      type,
      { schema: { type: 'string', ...(type.startsWith('text/') ? {} : { format: 'binary' }) } },
    ]),
  );
  return ApiResponse({ status: 200, description, content });
}

/** Documents server-sent events. @param schema  of the JSON that each event has as its data */
export function AnswersEvents(schema: z.ZodType, description: string) {
  return ApiResponse({
    status: 200,
    description,
    content: { 'text/event-stream': { schema: jsonSchema(schema) } },
  });
}

/** Documents an answer without a body, of a request whose work is done later. */
export const AnswersAccepted = (description: string) => ApiResponse({ status: 202, description });

/** Documents an answer without a body. */
export const AnswersNothing = (description: string) => ApiResponse({ status: 204, description });

const time = z.iso.datetime();
const count = z.number().int().nonnegative();
const totals = {
  turns: count,
  spokenWords: count,
  speakingMs: z.number(),
  scores: speechScoresSchema.nullable(),
};

const turnStatus = z.enum(['answering', 'complete', 'failed']);
const turn = z.object({
  id: ulidSchema,
  session: ulidSchema,
  sequence: count,
  status: turnStatus,
  url: z.string(),
  text: z.string(),
  language: z.string(),
  words: z.array(wordSchema),
  measures: speechMeasuresSchema.nullable(),
  scores: speechScoresSchema.nullable(),
  degraded: z.array(degradationSchema),
  recording: z.object({ url: z.string(), contentType: z.string() }).nullable(),
  reply: z
    .object({
      text: z.string(),
      model: z.string(),
      corrections: z.array(correctionSchema),
      degraded: z.array(degradationSchema),
      /** With `audio` once a sentence is spoken, with `unspoken` where it will not be. */
      sentences: z.array(z.looseObject({ index: count, text: z.string() })),
    })
    .nullable(),
  feedback: feedbackReportSchema.nullable(),
  evaluation: turnEvaluationSchema.nullable(),
  assessment: assessmentSchema.nullable(),
  audio: z.object({ url: z.string() }).nullable(),
  error: errorBodySchema.partial().nullable(),
  createdAt: time,
});

const session = {
  id: ulidSchema,
  user: z.string().nullable(),
  status: z.enum(SESSION_STATUSES),
  url: z.string(),
  settings: sessionSettingsSchema,
  context: sessionContextSchema,
  createdAt: time,
  lastActiveAt: time,
  endedAt: time.nullable(),
  endReason: z.string().nullable(),
};
const metrics = z.object({ durationMs: z.number(), ...totals });
const wholeSession = {
  ...session,
  voiceState: z.object({
    status: z.enum(['ready', 'processing', 'ended']),
    lastTurn: z.object({ id: ulidSchema, sequence: count, status: turnStatus }).nullable(),
  }),
  metrics,
};

const counted = { objects: count, bytes: count };
const objectCount = z.object(counted);
const model = z.object({
  id: z.string(),
  object: z.literal('model'),
  created: z.number(),
  owned_by: z.string(),
  root: z.string().optional(),
});

/** Bodies of answers. */
export const ANSWERS = {
  turn,
  sessionTurns: z.object({ id: ulidSchema, turns: z.array(turn) }),
  begunSession: z.object({
    sessionId: ulidSchema,
    resumed: z.boolean(),
    ...wholeSession,
    sockets: z.object({
      socketio: z.object({ url: z.string(), path: z.string() }),
      listen: z.string(),
      learn: z.string(),
      stream: z.string(),
    }),
  }),
  session: z.object(wholeSession),
  changedSession: z.object(session),
  endedSession: z.object({ ...session, alreadyEnded: z.boolean(), durationMs: z.number(), metrics }),
  sessionPage: z.object({
    sessions: z.array(z.object({ ...session, turns: count })),
    nextCursor: ulidSchema.nullable(),
  }),
  transcript: z.object({
    session: ulidSchema,
    startedAt: time,
    turns: z.array(
      z.object({
        id: ulidSchema,
        sequence: count,
        language: z.string(),
        said: z.object({ text: z.string(), startedAt: time, endedAt: time }),
        replied: z.object({ text: z.string(), at: time }).nullable(),
      }),
    ),
  }),
  statistics: z.object({
    user: z.string(),
    sessions: count,
    ...totals,
    firstActiveAt: time.nullable(),
    lastActiveAt: time.nullable(),
    activeDays: count,
    streakDays: count,
  }),
  recording: z.object({
    url: z.string(),
    expiresAt: time,
    bytes: count,
    contentType: z.string(),
    durationMs: z.number(),
  }),
  deletedSessions: z.object({ sessions: count }),
  storage: z.object({
    ...counted,
    kinds: z.object({ recordings: objectCount, chunks: objectCount, speech: objectCount }),
    countedAt: time,
  }),
  model,
  models: z.object({ object: z.literal('list'), data: z.array(model) }),
  clientSecret: realtimeClientSecretViewSchema,
  /** As OpenAI has it; more fields by `response_format`. */
  transcription: z.looseObject({
    text: z.string(),
    logprobs: z
      .array(z.object({ token: z.string(), bytes: z.array(z.number().int()), logprob: z.number() }))
      .optional(),
  }),
} as const;

/** The answers of the routes of a turn: whole, or still being answered. */
export const AnswersTurn = () =>
  applyDecorators(
    AnswersJson(ANSWERS.turn, 'The turn with its answer'),
    AnswersJson(ANSWERS.turn, 'Still being answered: poll its URL', 202),
  );

/** A session's transcript, by `format`. */
export const AnswersTranscript = () =>
  ApiResponse({
    status: 200,
    description: 'By format',
    content: {
      'application/json': { schema: jsonSchema(ANSWERS.transcript) },
      'text/plain': { schema: { type: 'string' } },
      'application/x-subrip': { schema: { type: 'string' } },
    },
  });

/** Files of a transcription, by `response_format`. */
export const AnswersTranscription = () =>
  ApiResponse({
    status: 200,
    description: 'By response_format',
    content: {
      'application/json': { schema: jsonSchema(ANSWERS.transcription) },
      'text/plain': { schema: { type: 'string' } },
      'text/vtt': { schema: { type: 'string' } },
      'application/x-subrip': { schema: { type: 'string' } },
      'text/event-stream': { schema: { type: 'string' } },
    },
  });

const FAULT = z.object({ error: errorBodySchema });
const OPENAI_FAULT = z.object({
  error: z.object({ message: z.string(), type: z.string(), param: z.string().nullable(), code: z.string() }),
});
const DEEPGRAM_FAULT = z.object({
  err_code: z.string(),
  err_msg: z.string(),
  request_id: z.string(),
  code: z.string(),
});
const INFERENCE_FAULT = z.object({ error: z.string() });
const readiness = {
  description: 'Each part by name: whether it is there, or with which limitation',
  content: {
    'application/json': {
      schema: jsonSchema(
        z.object({ status: z.string(), parts: z.record(z.string(), z.union([z.boolean(), z.string()])) }),
      ),
    },
  },
};
/** Answers of the routes that every service has; they are as Kubernetes wants them. */
const PROBE_ANSWERS: Readonly<Record<string, ResponsesObject>> = {
  '/healthz': {
    200: {
      description: 'It lives',
      content: { 'application/json': { schema: jsonSchema(z.object({ status: z.literal('ok') })) } },
    },
  },
  '/readyz': { 200: readiness, 503: readiness },
};

/** Adds to the document what controllers do not say: what probes answer, and all others where they refuse or fail. */
export function withCommonAnswers(document: OpenAPIObject): OpenAPIObject {
  for (const [path, item] of Object.entries(document.paths)) {
    const schema = jsonSchema(faultOf(path));
    const fault = { description: 'A fault, by its code', content: { 'application/json': { schema } } };
    // By ranges: a success that is not described is none of these.
    const common = PROBE_ANSWERS[path] ?? { '4XX': fault, '5XX': fault };
    for (const operation of [item.get, item.put, item.post, item.patch, item.delete])
      if (operation) Object.assign(operation.responses, common);
  }
  return document;
}

function faultOf(path: string): z.ZodType {
  if (isDeepgramPath(path)) return DEEPGRAM_FAULT;
  if (isInferencePath(path)) return INFERENCE_FAULT;
  return path.startsWith('/v1/') ? OPENAI_FAULT : FAULT;
}

/** A schema as the OpenAPI document has it. */
export function jsonSchema(schema: z.ZodType) {
  const { $schema: _, ...json } = z.toJSONSchema(schema, {
    target: 'openapi-3.0',
    io: 'output',
    unrepresentable: 'any',
  });
  return json as object;
}
