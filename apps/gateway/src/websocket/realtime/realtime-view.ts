import { ulid } from 'ulid';
import type { RealtimeEvent } from '@parlance/contracts';
import { toAppError, toOpenAiErrorBody } from '@parlance/errors';

type EventOf<Type extends RealtimeEvent['type']> = Extract<RealtimeEvent, { type: Type }>;
type Fault = EventOf<'conversation.item.input_audio_transcription.failed'>['error'];

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
  return {
    type: 'error',
    event_id: eventId(),
    error: { ...faultOf(fault), param: fault.param ?? null, event_id: source ?? null },
  };
}

export function failedEvent(itemId: string, error: unknown): RealtimeEvent {
  return {
    type: 'conversation.item.input_audio_transcription.failed',
    ...ofContent(itemId),
    error: faultOf(error),
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
  const names = isBeta
    ? (['conversation.item.created'] as const)
    : (['conversation.item.added', 'conversation.item.done'] as const);
  const item = itemOf(itemId);
  return [
    { type: 'input_audio_buffer.committed', event_id: eventId(), item_id: itemId, previous_item_id },
    ...names.map((type) => ({ type, event_id: eventId(), previous_item_id, item })),
  ];
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

function itemOf(id: string): Extract<RealtimeEvent, { item: object }>['item'] {
  return {
    id,
    object: 'realtime.item',
    type: 'message',
    status: 'completed',
    role: 'user',
    content: [{ type: 'input_audio' }],
  };
}

function ofContent(itemId: string) {
  return { event_id: eventId(), item_id: itemId, content_index: 0 } as const;
}

function faultOf(error: unknown): Fault {
  const { type, code, message } = toOpenAiErrorBody(error).error;
  return { type, code, message };
}
