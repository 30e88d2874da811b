import type { VoiceError, VoiceServerEvent } from '@parlance/contracts';
import { toAppError, type ErrorCode } from '@parlance/errors';

const DOWN: ReadonlySet<ErrorCode> = new Set([
  'recognition.unavailable',
  'upstream.unavailable',
  'request.deadline_exceeded',
  'model.loading',
  'inference.overloaded',
  'inference.interrupted',
]);

/** Whether a fault means that nobody can recognise just now, rather than that the request is wrong. */
export function isRecognitionDown(error: unknown): boolean {
  return DOWN.has(toAppError(error).code);
}

/** What a client does while the platform cannot recognise, or is not to. @param errors  why; empty where the session wants it so */
export function useBrowserEvent(
  sessionId: string,
  errors: readonly VoiceError[],
): VoiceServerEvent<'voice:use-browser-stt'> {
  return {
    sessionId,
    message:
      errors.length > 0
        ? 'Speech recognition is not available just now: recognise in the browser.'
        : "This session's speech is recognised in the browser.",
    instructions: [
      "Recognise speech with the browser's own SpeechRecognition.",
      'Send each final text by voice:text-message.',
      'Try voice:start-recording again later where the session has sttMode auto.',
    ],
    errors: [...errors],
  };
}
