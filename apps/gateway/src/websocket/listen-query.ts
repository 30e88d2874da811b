import { listenQuerySchema, type ListenQuery } from '@parlance/contracts';
import { AppError } from '@parlance/errors';
import { parseRequest } from '../http/parse-request.js';

/** Parameters that may be given several times, or once with commas. */
const LISTS: ReadonlySet<string> = new Set(['languages', 'temperatures']);

/**
 * The parameters of a connection to `/v1/listen`.
 * @throws AppError request.invalid naming the parameter
 */
export function readListenQuery(parameters: URLSearchParams): ListenQuery {
  const given = new Map<string, string>();
  for (const [name, value] of parameters) {
    const before = given.get(name);
    if (before === undefined || before === value) given.set(name, value);
    else if (LISTS.has(name)) given.set(name, `${before},${value}`);
    else throw new AppError('request.invalid', `${name.slice(0, 64)}: may be given once.`);
  }
  return parseRequest(listenQuerySchema, Object.fromEntries(given));
}
