export * from './access.js';
export * from './identity.js';
export * from './text.schema.js';
export { lastSentenceEnd, sentenceEnds } from './sentence-ends.js';
export { textParts } from './text-parts.js';
export * from './language.js';
export * from './language.schema.js';
export * from './measures.schema.js';
export * from './assessment.schema.js';
export * from './sign.schema.js';
export * from './session.schema.js';
export * from './audit.schema.js';
export * from './privacy.schema.js';
export * from './limits.schema.js';
export * from './catalogue.schema.js';
export * from './learning.schema.js';
export * from './practice.schema.js';
export * from './feedback.schema.js';
export * from './closing-summary.schema.js';
export * from './evaluation.schema.js';
export * from './turn-messages.schema.js';
export * from './activity.schema.js';
export * from './subjects.js';
export * from './traffic-labels.js';
export * from './protocols.js';
export * from './listen-protocol.js';
export * from './listen-query.schema.js';
export * from './deepgram-options.schema.js';
export * from './deepgram-results.schema.js';
export * from './deepgram-speech.schema.js';
export * from './voice-protocol.js';
export * from './socket-error.schema.js';
export * from './learn-protocol.js';
export * from './stream-protocol.js';
export {
  REALTIME_PCM_RATE_HZ,
  realtimeFormatSchema,
  type RealtimeFormat,
} from './realtime-options.schema.js';
export {
  REALTIME_G711_RATE_HZ,
  REALTIME_MAX_APPEND_MS,
  realtimeQuerySchema,
  realtimeSessionSchema,
  transcriptionMessageSchema,
  turnDetectionSchema,
  type BetaSessionSettings,
  type RealtimeSessionSettings,
  type TranscriptionMessage,
  type TurnDetection,
} from './realtime-protocol.js';
export {
  betaConversationMessageSchema,
  conversationDetectionSchema,
  conversationMessageSchema,
  REALTIME_MAX_TEXT,
  REALTIME_MAX_WAITING,
  realtimeMessageSchema,
  type BetaConversationSettings,
  type ConversationDetection,
  type ConversationMessage,
  type ConversationSessionSettings,
  type ResponseOptions,
} from './realtime-conversation.schema.js';
export {
  boundSessionSchema,
  realtimeClientSecretSchema,
  realtimeClientSecretViewSchema,
  type BoundSession,
  type RealtimeClientSecret,
} from './realtime-secret.schema.js';
export type { ReplyItem, ResponseView } from './realtime-response.schema.js';
export * from './realtime-events.schema.js';
export * from './decoding-options.schema.js';
export { cuesOf, toSrt, toVtt, type Cue } from './subtitles.js';
export type * from './voice-types.js';
export * from './voice-names.js';
