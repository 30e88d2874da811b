import { AppError, isAppError, type ErrorCode } from '@parlance/errors';

/** `unreachable`: another try may help; `missing`: the source has not got it; `wrong`: what it gave is not what was asked for. */
export type FaultKind = 'unreachable' | 'missing' | 'wrong';

/** Why a source did not give a file. The message goes after the source's name: “answered with status 503”. */
export class SourceFault extends Error {
  constructor(
    readonly kind: FaultKind,
    said: string,
    cause?: unknown,
  ) {
    super(said, cause === undefined ? undefined : { cause });
    this.name = 'SourceFault';
  }
}

const NETWORK_FAULTS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'refused the connection',
  ECONNRESET: 'broke the connection off',
  UND_ERR_SOCKET: 'broke the connection off',
  EPIPE: 'broke the connection off',
  ENOTFOUND: 'has no known address',
  EAI_AGAIN: 'has no known address',
  EHOSTUNREACH: 'cannot be reached',
  ENETUNREACH: 'cannot be reached',
  UND_ERR_CONNECT_TIMEOUT: 'did not answer',
};

/** Anything thrown by a network call, as a fault that says what happened without hosts or credentials. */
export function toSourceFault(error: unknown): SourceFault {
  if (error instanceof SourceFault) return error;
  let detail = '';
  for (const { code, message } of causesOf(error)) {
    const said = NETWORK_FAULTS[code];
    if (said !== undefined) return new SourceFault('unreachable', said, error);
    if (/CERT|SIGNATURE|ISSUER|ALTNAME/.test(code))
      return new SourceFault('unreachable', `has a certificate that is not trusted here (${code})`, error);
    const proxy = /Proxy response \((\d+)\)/.exec(message);
    if (proxy) return new SourceFault('unreachable', `is refused by the proxy (status ${proxy[1]})`, error);
    if (code !== '' || message === 'bad port') detail = ` (${code || message})`;
  }
  return new SourceFault('unreachable', `could not be read${detail}`, error);
}

/** An error and its causes, outermost first; told by their shape, which also holds for errors of another realm. */
function causesOf(error: unknown): { code: string; message: string }[] {
  const causes: { code: string; message: string }[] = [];
  let cause = error as { code?: unknown; message?: unknown; cause?: unknown } | undefined;
  while (typeof cause === 'object' && cause !== null && causes.length < 10) {
    const { code, message } = cause;
    causes.push({ code: typeof code === 'string' ? code : '', message: String(message) });
    cause = cause.cause as typeof cause;
  }
  return causes;
}

/** @returns whether an error ends the whole fetch, whatever other sources there are: cancelled, no space left */
export function isFinal(error: unknown): boolean {
  return isAppError(error);
}

/** What one source said about one file. */
export interface SourceRefusal {
  readonly source: string;
  readonly file: string;
  readonly fault: SourceFault;
}

const SEVERITY: Readonly<Record<FaultKind, number>> = { missing: 0, unreachable: 1, wrong: 2 };

/** One error for all sources, each named once with the worst that it said.
 *  @returns AppError model.not_found when no source has the model, model.invalid when one gave wrong bytes, else upstream.unavailable */
export function allSourcesFailed(model: string, refusals: readonly SourceRefusal[]): AppError {
  const kinds = refusals.map(({ fault }) => fault.kind);
  const code: ErrorCode = kinds.includes('wrong')
    ? 'model.invalid'
    : kinds.includes('unreachable')
      ? 'upstream.unavailable'
      : 'model.not_found';
  const bySource = new Map<string, SourceRefusal>();
  for (const refusal of refusals) {
    const known = bySource.get(refusal.source);
    if (!known || SEVERITY[refusal.fault.kind] > SEVERITY[known.fault.kind])
      bySource.set(refusal.source, refusal);
  }
  const said = [...bySource.values()].map(
    ({ source, file, fault }) => `${source} ${fault.message}${file === '' ? '' : ` (${file})`}`,
  );
  return new AppError(
    code,
    said.length === 0
      ? `'${model}' could not be fetched: no source is configured that has it.`
      : `'${model}' could not be fetched: ${said.join('; ')}.`,
    { cause: refusals[0]?.fault },
  );
}
