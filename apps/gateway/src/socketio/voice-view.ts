import type {
  RecognitionResult__Output,
  ReplySentence,
  SpeechFailed,
  SpeechReady,
  TurnFeedback,
  TurnReplied,
  VoiceServerEvent,
} from '@parlance/contracts';
import type { TurnRecord } from '@parlance/persistence';

type Response = VoiceServerEvent<'voice:response'>;

/** What is understood so far, or for good. */
export function transcribedEvent(
  sessionId: string,
  { text, language, isFinal, utteranceId, stableLength, words }: RecognitionResult__Output,
): VoiceServerEvent<'voice:transcribed'> {
  const sum = words.reduce((total, { confidence }) => total + confidence, 0);
  return {
    sessionId,
    text,
    language,
    isFinal,
    utteranceId,
    committedLength: isFinal ? text.length : stableLength,
    ...(isFinal && words.length > 0 ? { confidence: sum / words.length } : {}),
  };
}

/** A sentence of a reply, as soon as it is written. @param sequence  number of the event */
export function sentenceResponse({ identity, index, text }: ReplySentence, sequence: number): Response {
  return {
    sessionId: identity.session,
    messageId: identity.turn,
    text,
    shouldSpeak: false,
    metadata: { sequence, part: 'sentence', index },
    audio: null,
  };
}

/** The spoken sentence. @param data  undefined where the audio is no longer kept */
export function speechResponse(
  { identity, index, audio, durationMs, words, degraded }: SpeechReady,
  sequence: number,
  {
    text,
    data,
    autoSpeak,
  }: { readonly text: string; readonly data: Buffer | undefined; readonly autoSpeak: boolean },
): Response {
  return {
    sessionId: identity.session,
    messageId: identity.turn,
    text,
    shouldSpeak: autoSpeak && data !== undefined,
    metadata: { sequence, part: 'speech', index, ...(degraded ? { degraded: [degraded] } : {}) },
    audio: data ? { index, data, contentType: audio.contentType, durationMs, words } : null,
  };
}

/** A sentence that no engine could speak: its text stands. */
export function unspokenResponse(
  { identity, index, degraded }: SpeechFailed,
  sequence: number,
  text: string,
): Response {
  return {
    sessionId: identity.session,
    messageId: identity.turn,
    text,
    shouldSpeak: false,
    metadata: { sequence, part: 'speech', index, degraded: [degraded] },
    audio: null,
  };
}

/** The whole text of a reply. @param turn  what it answers */
export function replyResponse(
  { identity, text, speak, model, sentences, corrections, degraded }: TurnReplied,
  sequence: number,
  { turn, autoSpeak }: { readonly turn: TurnRecord; readonly autoSpeak: boolean },
): Response {
  return {
    sessionId: identity.session,
    messageId: identity.turn,
    text,
    shouldSpeak: speak && autoSpeak,
    metadata: {
      sequence,
      part: 'reply',
      model,
      sentences,
      corrections,
      ...(degraded ? { degraded } : {}),
      ...(turn.scores ? { scores: turn.scores } : {}),
      transcript: { text: turn.text, language: turn.language },
    },
    audio: null,
  };
}

/** The report on what was said, which comes behind the reply. */
export function feedbackResponse({ identity, report }: TurnFeedback, sequence: number): Response {
  return {
    sessionId: identity.session,
    messageId: identity.turn,
    text: report.improved,
    shouldSpeak: false,
    metadata: { sequence, part: 'feedback', model: report.model, feedback: report },
    audio: null,
  };
}
