import type { ConverseResponse, Rubric, TurnEvent } from '@parlance/contracts';
import type { SessionEvent } from '@parlance/messaging';
import type { PlaybackEvent } from '../../live/speech-beside-reply.js';
import type { TurnTaken } from '../../live/session-turns.js';
import type { RecognitionEvent } from '../../recognition/live-stream.js';

/** What recognition says, as the call's client gets it; undefined where there is nothing to tell. */
export function recognitionResponse(event: RecognitionEvent): ConverseResponse | undefined {
  if (event.result) return { result: event.result };
  if (event.endpoint) return { endpoint: event.endpoint };
  if (event.summary) return { summary: event.summary };
  return undefined;
}

/** A turn that was taken, as the call's client gets it. */
export function takenResponse({ identity, utteranceId }: TurnTaken): ConverseResponse {
  return { taken: { turnId: identity.turn, utteranceId } };
}

/** What the call's client is to do with the reply that it plays. */
export function playbackResponse(event: PlaybackEvent): ConverseResponse {
  switch (event.kind) {
    case 'paused':
      return { paused: { turnId: event.turn } };
    case 'resumed':
      return { resumed: { turnId: event.turn } };
    case 'interrupted':
      return { interrupted: { turnId: event.reply.turn, playedText: event.reply.text } };
  }
}

/** A session's event as the call's client gets it. @param audio  of a sentence that is ready */
export function eventResponse(
  { event, sequence }: Pick<SessionEvent, 'event' | 'sequence'>,
  audio?: { readonly contentType: string; readonly bytes: Buffer },
): ConverseResponse {
  return { ...bodyOf(event, audio), sequence };
}

function bodyOf(
  { name, data }: TurnEvent,
  audio: { readonly contentType: string; readonly bytes: Buffer } | undefined,
): ConverseResponse {
  const turnId = data.identity.turn;
  switch (name) {
    case 'reply.sentence':
      return { sentence: { turnId, index: data.index, text: data.text } };
    case 'speech.ready': {
      const { index, durationMs, engine, voice, words } = data;
      const { contentType = data.audio.contentType, bytes = Buffer.alloc(0) } = audio ?? {};
      return { audio: { turnId, index, contentType, durationMs, audio: bytes, engine, voice, words } };
    }
    case 'speech.failed':
      return { speechFailed: { turnId, index: data.index, ...data.error } };
    case 'turn.replied': {
      const { text, sentences, model, corrections, degraded = [] } = data;
      return { replied: { turnId, text, sentences, model, corrections, degraded } };
    }
    case 'turn.feedback': {
      const { rubric, ...report } = data.report;
      return { feedback: { turnId, ...report, ...(rubric ? { rubric: rubricOf(rubric) } : {}) } };
    }
    case 'turn.failed':
      return { failed: { turnId, ...data.error } };
  }
}

function rubricOf({ fluency, ...marks }: Rubric) {
  return { ...marks, ...(fluency === null ? {} : { fluency }) };
}
