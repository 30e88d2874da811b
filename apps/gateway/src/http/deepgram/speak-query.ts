import { speakQuerySchema, speakSocketQuerySchema, type SpeakQuery } from '@parlance/contracts';
import { fieldValues, parseRequest } from '../request-fields.js';

/** The parameters of `POST /v1/speak`. @throws AppError request.invalid naming the parameter */
export function readSpeakQuery(parameters: URLSearchParams): SpeakQuery {
  return parseRequest(speakQuerySchema, valuesOf(parameters));
}

/** The parameters of the socket of `/v1/speak`. @throws as `readSpeakQuery` */
export function readSpeakSocketQuery(parameters: URLSearchParams): SpeakQuery {
  return parseRequest(speakSocketQuerySchema, valuesOf(parameters));
}

function valuesOf(parameters: URLSearchParams): Record<string, string> {
  const names = new Set(parameters.keys());
  const query = new Map([...names].map((name) => [name, parameters.getAll(name)]));
  return fieldValues(query, names, new Set());
}
