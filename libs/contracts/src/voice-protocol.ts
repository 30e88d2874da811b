import { z } from 'zod';
import { assessmentSchema } from './assessment.schema.js';
import { feedbackReportSchema } from './feedback.schema.js';
import { ulidSchema } from './identity.js';
import { languageSchema } from './language.schema.js';
import { speechScoresSchema } from './measures.schema.js';
import { sessionContextSchema, sessionSettingsSchema } from './session.schema.js';
import { errorBodySchema } from './socket-error.schema.js';
import { correctionSchema, degradationSchema, speechWordSchema } from './turn-messages.schema.js';

/** The Socket.IO namespace of live conversations: every event a client sends and gets, docs/voice-socketio.md in schemas. */
export const VOICE_NAMESPACE = '/voice';

/** What a client may send. */
export const VOICE_LIMITS = {
  /** Bytes of one chunk. */
  chunkBytes: 1024 ** 2,
  /** Bytes of a whole recording that comes with `voice:stop-recording`. */
  blobBytes: 6 * 1024 ** 2,
  /** UTF-8 bytes of one text message. */
  textBytes: 8_000,
} as const;

const bytesSchema = z.custom<Uint8Array>((value) => value instanceof Uint8Array).describe('Binary');

/** Bytes, or their base64; a data URL counts as base64 too. */
const audioSchema = z.union([bytesSchema, z.string()]).describe('Binary, or base64 (a data URL as well)');

/** What the audio is. Containers (WebM, Ogg, MP4, WAV, MP3 …) say it themselves; raw samples have to be announced. */
export const audioMetadataSchema = z.strictObject({
  /** As MediaRecorder has it: `audio/webm;codecs=opus`; `audio/pcm` announces raw samples. */
  mimeType: z.string().max(100).optional(),
  encoding: z.enum(['linear16', 'float32']).optional(),
  /** Hz, like `channels` of raw samples only; 16000 and 1 where nothing is said. */
  sampleRate: z.number().int().min(8_000).max(192_000).optional(),
  channels: z.number().int().min(1).max(2).optional(),
  /** Milliseconds; clients note it, nothing depends on it. */
  duration: z.number().nonnegative().optional(),
  timestamp: z.union([z.number(), z.string().max(40)]).optional(),
});
export type AudioMetadata = z.output<typeof audioMetadataSchema>;

const ofSession = { sessionId: ulidSchema };

/** Events of the client, each with the schema of its one argument. */
export const VOICE_CLIENT_EVENTS = {
  /** Begins a session, or joins one; settings and context given change it. */
  'voice:join': z.strictObject({
    sessionId: ulidSchema.optional(),
    settings: sessionSettingsSchema.optional(),
    context: sessionContextSchema.optional(),
    /** The last `sequence` the client got: events behind it are sent, each once. Left out: only what comes from now on. */
    after: z.number().int().nonnegative().optional(),
  }),
  'voice:start-recording': z.strictObject({ ...ofSession, metadata: audioMetadataSchema.optional() }),
  'voice:audio-chunk': z.strictObject({
    ...ofSession,
    audioChunk: audioSchema,
    /** Counts the chunks of one recording, from 0. */
    chunkIndex: z.number().int().nonnegative().max(10_000_000),
    /** Ends the recording behind this chunk, which may be empty. */
    isLastChunk: z.boolean().default(false),
    /** Of the first chunk: what the audio is, where `voice:start-recording` did not say it. */
    metadata: audioMetadataSchema.optional(),
  }),
  'voice:stop-recording': z.strictObject({
    ...ofSession,
    /** The whole recording, where no chunk of it was sent. */
    audioBlob: audioSchema.optional(),
    metadata: audioMetadataSchema.optional(),
  }),
  /** What the person typed, or the browser's own recognition understood. */
  'voice:text-message': z.strictObject({
    ...ofSession,
    text: z.string(),
    /** Left out: the session's. */
    language: languageSchema.optional(),
  }),
  /** The client has played what it got. */
  'voice:tts-complete': z.strictObject({ ...ofSession, messageId: ulidSchema.optional() }),
  'voice:leave': z.strictObject(ofSession),
  'voice:end': z.strictObject({ ...ofSession, reason: z.string().min(1).max(100).default('completed') }),
} as const;
export type VoiceClientEventName = keyof typeof VOICE_CLIENT_EVENTS;
export type VoiceClientEvent<Name extends VoiceClientEventName> = z.output<
  (typeof VOICE_CLIENT_EVENTS)[Name]
>;

export type VoiceError = z.output<typeof errorBodySchema>;

/** The acknowledgement of every event: what came of it, or the fault, which `voice:error` tells as well. */
export const voiceAcknowledgementSchema = z.union([
  z.looseObject({ ok: z.literal(true) }),
  z.object({ error: errorBodySchema }),
]);

const voiceStateSchema = z.object({
  /** `processing`: the newest turn is being answered. */
  status: z.enum(['ready', 'processing', 'ended']),
  lastTurn: z.object({ id: ulidSchema, sequence: z.number(), status: z.string() }).nullable(),
  isRecording: z.boolean(),
  /** Whether a reply is taken to be playing. */
  isSpeaking: z.boolean(),
});

const replyAudioSchema = z.object({
  /** Of the sentence, from 0. */
  index: z.number().int(),
  data: bytesSchema,
  contentType: z.string(),
  durationMs: z.number(),
  words: z.array(speechWordSchema).optional(),
});

const replyMetadataSchema = z.object({
  /** For `after`: number of this event among the session's. */
  sequence: z.number().int(),
  /** What the part is: a `sentence`'s text, its `speech`, the whole text of the `reply` once it is written, the `feedback` on what
   *  was said, whose text is the improved version. */
  part: z.enum(['sentence', 'speech', 'reply', 'feedback']),
  /** Of the sentence; absent of the reply. */
  index: z.number().int().optional(),
  /** Of the reply: what wrote it, how many sentences it has, and what it answers. */
  model: z.string().optional(),
  sentences: z.number().int().optional(),
  corrections: z.array(correctionSchema).optional(),
  scores: speechScoresSchema.optional(),
  transcript: z.object({ text: z.string(), language: z.string() }).optional(),
  /** What fell back to something lesser. */
  degraded: z.array(degradationSchema).optional(),
  /** The error report on what was said. */
  feedback: feedbackReportSchema.optional(),
});

/** Events of the server, each with the schema of its one argument. `messageId` is the turn's id. */
export const VOICE_SERVER_EVENTS = {
  'voice:joined': z.object({
    ...ofSession,
    status: z.enum(['created', 'joined', 'resumed']),
    settings: sessionSettingsSchema,
    voiceState: voiceStateSchema,
    /** The session's events behind it are sent. */
    sequence: z.number().int(),
  }),
  'voice:recording-started': z.object(ofSession),
  'voice:recording-stopped': z.object({ ...ofSession, chunks: z.number().int() }),
  /** What is understood: an interim, which the next one replaces, or a final. */
  'voice:transcribed': z.object({
    ...ofSession,
    text: z.string(),
    language: z.string(),
    isFinal: z.boolean(),
    utteranceId: z.string(),
    /** Leading UTF-16 units of the text that will not change any more. */
    committedLength: z.number().int(),
    /** Mean of its words', 0 to 1; of finals. */
    confidence: z.number().optional(),
  }),
  /** How an utterance was spoken, in sessions whose setting `assess` is true; behind its final, beside the reply. Times are from the start of
   *  the utterance. */
  'voice:assessed': z.object({
    ...ofSession,
    messageId: ulidSchema,
    utteranceId: z.string(),
    assessment: assessmentSchema,
  }),
  'voice:processing': z.object({
    ...ofSession,
    status: z.enum(['transcribing', 'thinking', 'speaking']),
    messageId: ulidSchema.optional(),
    /** Share of the reply that is spoken, 0 to 1, once its length is known. */
    progress: z.number().optional(),
  }),
  /** A part of a reply; `metadata.part` says which. */
  'voice:response': z.object({
    ...ofSession,
    messageId: ulidSchema,
    text: z.string(),
    /** Whether the client should play the audio at once. */
    shouldSpeak: z.boolean(),
    metadata: replyMetadataSchema,
    audio: replyAudioSchema.nullable(),
  }),
  /** The person may speak: all of a reply was sent and, where it is spoken, played. */
  'voice:ready': z.object({ ...ofSession, messageId: ulidSchema.optional() }),
  /** The person makes a sound while the reply is played: playback pauses at once. Within 2 s comes one of the next two events. */
  'voice:playback-paused': z.object({ ...ofSession, messageId: ulidSchema }),
  /** It was a cough or the like: playback goes on where it was paused. */
  'voice:playback-resumed': z.object({ ...ofSession, messageId: ulidSchema }),
  /** The person has interrupted the reply: playback stops, and nothing more of it comes. */
  'voice:interrupted': z.object({
    ...ofSession,
    messageId: ulidSchema,
    /** What was played of the reply, to the last word. */
    played: z.string(),
  }),
  'voice:use-browser-stt': z.object({
    ...ofSession,
    message: z.string(),
    instructions: z.array(z.string()),
    errors: z.array(errorBodySchema),
  }),
  'voice:left': z.object(ofSession),
  'voice:ended': z.object({
    ...ofSession,
    /** Seconds. */
    duration: z.number(),
    metrics: z.object({
      durationMs: z.number(),
      turns: z.number(),
      spokenWords: z.number(),
      speakingMs: z.number(),
      scores: speechScoresSchema.nullable(),
    }),
  }),
  'voice:error': z.object({
    sessionId: ulidSchema.optional(),
    /** The client's event that is at fault. */
    event: z.string().optional(),
    /** The turn that failed, and its place among the session's events. */
    messageId: ulidSchema.optional(),
    sequence: z.number().int().optional(),
    error: errorBodySchema,
    /** The chunk that is at fault. */
    chunkIndex: z.number().optional(),
    /** Indices of chunks that never came. */
    missing: z.array(z.number().int()).optional(),
  }),
} as const;
export type VoiceServerEventName = keyof typeof VOICE_SERVER_EVENTS;
export type VoiceServerEvent<Name extends VoiceServerEventName> = z.output<
  (typeof VOICE_SERVER_EVENTS)[Name]
>;

/** For the types of Socket.IO's servers and clients. */
export type VoiceServerEvents = { [Name in VoiceServerEventName]: (event: VoiceServerEvent<Name>) => void };
