import type { z } from 'zod';
import {
  betaConversationMessageSchema,
  conversationMessageSchema,
  REALTIME_MAX_APPEND_MS,
  realtimeMessageSchema,
  textHead,
  transcriptionMessageSchema,
  type ConversationMessage,
  type TranscriptionMessage,
} from '@parlance/contracts';
import { AppError } from '@parlance/errors';
import { fieldFault, requestFault } from '../../http/request-fields.js';
import { audioMs, type RealtimeSettings } from './realtime-settings.js';

const LONGEST_EVENT_ID = 512;
const LONGEST_NAME = 64;

interface MessageTable {
  readonly options: readonly {
    readonly shape: { readonly type: { readonly values: ReadonlySet<string> } };
  }[];
}
const typesIn = ({ options }: MessageTable): ReadonlySet<string> =>
  new Set(options.flatMap(({ shape }) => [...shape.type.values]));

const OF_TRANSCRIPTION = typesIn(transcriptionMessageSchema);
const OF_CONVERSATIONS = typesIn(conversationMessageSchema);
const KNOWN_TYPES = typesIn(realtimeMessageSchema);
/** OpenAI's own that are not offered in any session. */
const NOT_OFFERED: ReadonlySet<string> = new Set(['conversation.item.retrieve', 'output_audio_buffer.clear']);

/** The id that a client gave its event, also where the event is at fault. */
export function eventIdOf(message: unknown): string | undefined {
  const id = fieldOf(message, 'event_id');
  return typeof id === 'string' && id.length <= LONGEST_EVENT_ID ? id : undefined;
}

/** An event of the client of a transcription session.
 *  @throws AppError request.invalid naming the option at fault, as `param` too */
export function readMessage(message: unknown): TranscriptionMessage {
  refuseUnknown(message, OF_TRANSCRIPTION, 'this session transcribes, and has no conversation');
  return parsed(transcriptionMessageSchema.safeParse(message));
}

/** An event of the client of a conversation session. Settings without a `type` are in the names of the beta, where the connection is of it.
 *  @throws AppError request.invalid naming the option at fault, as `param` too */
export function readConversationMessage(message: unknown, isBeta: boolean): ConversationMessage {
  refuseUnknown(message, OF_CONVERSATIONS, 'this session is a conversation');
  const isOfBeta = isBeta && fieldOf(fieldOf(message, 'session'), 'type') === undefined;
  return isOfBeta
    ? parsed(betaConversationMessageSchema.safeParse(message))
    : parsed(conversationMessageSchema.safeParse(message));
}

/** The bytes of an append. @throws AppError request.too_large */
export function readAudio(base64: string, settings: RealtimeSettings): Buffer {
  const audio = Buffer.from(base64, 'base64');
  if (audioMs(settings, audio.length) <= REALTIME_MAX_APPEND_MS) return audio;
  const text = `audio: one event may have ${REALTIME_MAX_APPEND_MS / 1_000} s of it`;
  throw new AppError('request.too_large', text, { param: 'audio' });
}

function parsed<Message>(result: z.ZodSafeParseResult<Message>): Message {
  if (result.success) return result.data;
  throw requestFault(result.error);
}

/** @param types  that the session knows
 *  @param kind  why it does not know the others */
function refuseUnknown(message: unknown, types: ReadonlySet<string>, kind: string): void {
  const type = fieldOf(message, 'type');
  if (typeof type !== 'string') throw fieldFault('type', 'an event is a JSON object that has a type');
  if (types.has(type)) return;
  if (KNOWN_TYPES.has(type)) throw fieldFault('type', `${type}: ${kind}`);
  const reason = NOT_OFFERED.has(type) ? 'is not offered here' : 'there is no such event';
  throw fieldFault('type', `${textHead(type, LONGEST_NAME)}: ${reason}`);
}

function fieldOf(message: unknown, name: string): unknown {
  return typeof message === 'object' && message !== null
    ? (message as Readonly<Record<string, unknown>>)[name]
    : undefined;
}
