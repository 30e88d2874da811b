import {
  REALTIME_MAX_APPEND_MS,
  realtimeMessageSchema,
  textHead,
  type RealtimeMessage,
} from '@parlance/contracts';
import { AppError } from '@parlance/errors';
import { fieldFault, requestFault } from '../../http/request-fields.js';
import { audioMs, type RealtimeSettings } from './realtime-settings.js';

const LONGEST_EVENT_ID = 512;
const LONGEST_NAME = 64;
const KNOWN_TYPES: ReadonlySet<string> = new Set(
  realtimeMessageSchema.options.flatMap(({ shape }) => [...shape.type.values]),
);
/** Events of OpenAI's that belong to conversations begin so. */
const OF_CONVERSATIONS = ['response.', 'conversation.', 'output_audio_buffer.'];

/** The id that a client gave its event, also where the event is at fault. */
export function eventIdOf(message: unknown): string | undefined {
  const id = fieldOf(message, 'event_id');
  return typeof id === 'string' && id.length <= LONGEST_EVENT_ID ? id : undefined;
}

/** @throws AppError request.invalid naming the option at fault, as `param` too */
export function readMessage(message: unknown): RealtimeMessage {
  const type = fieldOf(message, 'type');
  if (typeof type !== 'string') throw fieldFault('type', 'an event is a JSON object that has a type');
  if (!KNOWN_TYPES.has(type)) throw unknownType(textHead(type, LONGEST_NAME));
  const parsed = realtimeMessageSchema.safeParse(message);
  if (parsed.success) return parsed.data;
  throw requestFault(parsed.error);
}

/** The bytes of an append. @throws AppError request.too_large */
export function readAudio(base64: string, settings: RealtimeSettings): Buffer {
  const audio = Buffer.from(base64, 'base64');
  if (audioMs(settings, audio.length) <= REALTIME_MAX_APPEND_MS) return audio;
  const text = `audio: one event may have ${REALTIME_MAX_APPEND_MS / 1_000} s of it`;
  throw new AppError('request.too_large', text, { param: 'audio' });
}

function unknownType(type: string): AppError {
  const isOfConversations = OF_CONVERSATIONS.some((beginning) => type.startsWith(beginning));
  const reason = isOfConversations ? 'conversation sessions are not offered here' : 'there is no such event';
  return fieldFault('type', `${type}: ${reason}`);
}

function fieldOf(message: unknown, name: string): unknown {
  return typeof message === 'object' && message !== null
    ? (message as Readonly<Record<string, unknown>>)[name]
    : undefined;
}
