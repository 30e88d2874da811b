import { listenQuerySchema, type ListenQuery } from '@parlance/contracts';
import { fieldValues } from '../http/form-fields.js';
import { parseRequest } from '../http/parse-request.js';

/** Parameters that may be given several times, or once with commas. */
const LISTS: ReadonlySet<string> = new Set(['languages', 'temperatures']);

/**
 * The parameters of a connection to `/v1/listen`.
 * @throws AppError request.invalid naming the parameter
 */
export function readListenQuery(parameters: URLSearchParams): ListenQuery {
  const names = new Set(parameters.keys());
  const query = new Map([...names].map((name) => [name, parameters.getAll(name)]));
  return parseRequest(listenQuerySchema, fieldValues(query, names, LISTS));
}
