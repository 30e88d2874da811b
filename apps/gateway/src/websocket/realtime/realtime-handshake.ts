import type { IncomingHttpHeaders } from 'node:http';
import { realtimeQuerySchema } from '@parlance/contracts';
import { parseQuery } from '../../http/request-fields.js';
import { offeredSubprotocols } from '../admitted-sockets.js';

/** What OpenAI's clients name the protocol by; a browser gets it back. */
export const REALTIME_SUBPROTOCOL = 'realtime';
const KEY_SUBPROTOCOL = 'openai-insecure-api-key.';
const BETA_SUBPROTOCOL = 'openai-beta.realtime-v1';
const BETA_HEADER = 'realtime=v1';

/** What is asked for by the request that opens a socket. */
export interface RealtimeHandshake {
  /** Else a conversation is asked for. */
  readonly isTranscription: boolean;
  /** Whether events have the names of OpenAI's beta. */
  readonly isBeta: boolean;
  /** As the client names it; empty: the default. */
  readonly model: string;
}

/** OpenAI's models of conversations: all stand for the ones that are configured here. */
const CONVERSATION_MODELS = /^gpt-(realtime|audio|4o(-mini)?-realtime|4o(-mini)?-audio)/;

/** Whether a conversation may be asked for by a model's name. @param model  empty: the default */
export function isConversationModel(model: string): boolean {
  return model === '' || CONVERSATION_MODELS.test(model);
}

/** @param knownModels  of which a client that names no intent can only want transcription
 *  @throws AppError request.invalid naming a parameter */
export function readHandshake(
  headers: IncomingHttpHeaders,
  parameters: URLSearchParams,
  knownModels: readonly string[],
): RealtimeHandshake {
  const { intent, model = '' } = parseQuery(realtimeQuerySchema, parameters);
  const isKnown = knownModels.includes(model);
  const beta = [headers['openai-beta']].flat().join(',');
  return {
    isTranscription: intent === 'transcription' || (intent === undefined && isKnown),
    isBeta: beta.includes(BETA_HEADER) || offeredSubprotocols(headers).includes(BETA_SUBPROTOCOL),
    model,
  };
}

/** The key that a browser sends as a subprotocol, since it can send no header. */
export function keyAmongSubprotocols(headers: IncomingHttpHeaders): string | undefined {
  const found = offeredSubprotocols(headers).find((name) => name.startsWith(KEY_SUBPROTOCOL));
  return found?.slice(KEY_SUBPROTOCOL.length);
}
