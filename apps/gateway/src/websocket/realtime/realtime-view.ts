import { ulid } from 'ulid';
import type { RealtimeEvent, UserItem } from '@parlance/contracts';
import { AppError, isErrorCode, toAppError, toOpenAiErrorBody, type ErrorCode } from '@parlance/errors';

type EventOf<Type extends RealtimeEvent['type']> = Extract<RealtimeEvent, { type: Type }>;
type Fault = EventOf<'conversation.item.input_audio_transcription.failed'>['error'];

/** Which option of an update recognition refuses, by what it says. */
const REFUSED_OPTIONS: Partial<Record<ErrorCode, 'model' | 'language'>> = {
  'model.not_found': 'model',
  'model.language_unsupported': 'language',
};

/** OpenAI's codes that its clients go by, and ours of them. */
const KNOWN_FAULTS = {
  conversation_already_has_active_response: 'request.conflict',
  input_audio_buffer_commit_empty: 'audio.empty',
  response_cancel_not_active: 'request.conflict',
} as const satisfies Record<string, ErrorCode>;

export function eventId(): string {
  return `event_${ulid()}`;
}

/** An item has the name of its utterance. */
export function itemIdOf(utteranceId: string): string {
  return `item_${utteranceId}`;
}

/** @param source  the id of the client's event at fault */
export function errorEvent(error: unknown, source?: string): EventOf<'error'> {
  const fault = toAppError(error);
  const { code = fault.code } = fault.details ?? {};
  return {
    type: 'error',
    event_id: eventId(),
    error: {
      ...openAiFault(fault),
      code: String(code),
      param: fault.param ?? null,
      event_id: source ?? null,
    },
  };
}

/** A fault that OpenAI's clients know by its code. @param code  OpenAI's */
export function knownFault(code: keyof typeof KNOWN_FAULTS, text: string): AppError {
  return new AppError(KNOWN_FAULTS[code], text, { details: { code } });
}

/** That a client commits nothing. */
export function emptyBuffer(text = 'The input audio buffer is empty; append audio first.'): AppError {
  return knownFault('input_audio_buffer_commit_empty', text);
}

/** Names the option that recognition refuses. @param path  of what has it */
export function refusedOption(error: unknown, path: string): unknown {
  const { code, message } = toAppError(error);
  const option = isErrorCode(code) && REFUSED_OPTIONS[code];
  return option ? new AppError(code, message, { cause: error, param: `${path}.${option}` }) : error;
}

export function failedEvent(itemId: string, error: unknown): RealtimeEvent {
  return {
    type: 'conversation.item.input_audio_transcription.failed',
    ...ofContent(itemId),
    error: openAiFault(error),
  };
}

export function startedEvent(itemId: string, ms: number): RealtimeEvent {
  return {
    type: 'input_audio_buffer.speech_started',
    event_id: eventId(),
    item_id: itemId,
    audio_start_ms: Math.round(ms),
  };
}

export function stoppedEvent(itemId: string, ms: number): RealtimeEvent {
  return {
    type: 'input_audio_buffer.speech_stopped',
    event_id: eventId(),
    item_id: itemId,
    audio_end_ms: Math.round(ms),
  };
}

/** That audio became an item, in the names of the API as it is now or of its beta. */
export function committedEvents(
  itemId: string,
  previous_item_id: string | null,
  isBeta: boolean,
): RealtimeEvent[] {
  return [
    { type: 'input_audio_buffer.committed', event_id: eventId(), item_id: itemId, previous_item_id },
    ...itemEvents(userItem(itemId, [{ type: 'input_audio' }]), previous_item_id, isBeta),
  ];
}

/** That a whole item is there, in the names of the API as it is now or of its beta. */
export function itemEvents(
  item: UserItem,
  previous_item_id: string | null,
  isBeta: boolean,
): RealtimeEvent[] {
  const names = isBeta
    ? (['conversation.item.created'] as const)
    : (['conversation.item.added', 'conversation.item.done'] as const);
  return names.map((type) => ({ type, event_id: eventId(), previous_item_id, item }));
}

export function userItem(id: string, content: UserItem['content']): UserItem {
  return { id, object: 'realtime.item', type: 'message', status: 'completed', role: 'user', content };
}

export function deltaEvent(itemId: string, delta: string): RealtimeEvent {
  return { type: 'conversation.item.input_audio_transcription.delta', ...ofContent(itemId), delta };
}

export function completedEvent(itemId: string, transcript: string, audioMs: number): RealtimeEvent {
  return {
    type: 'conversation.item.input_audio_transcription.completed',
    ...ofContent(itemId),
    transcript,
    usage: { type: 'duration', seconds: audioMs / 1_000 },
  };
}

function ofContent(itemId: string) {
  return { event_id: eventId(), item_id: itemId, content_index: 0 } as const;
}

/** A fault in OpenAI's words. */
export function openAiFault(error: unknown): Fault {
  const { type, code, message } = toOpenAiErrorBody(error).error;
  return { type, code, message };
}
