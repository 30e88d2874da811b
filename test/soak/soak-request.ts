import { ERROR_TABLE, errorRow, isErrorCode } from '@parlance/errors';

/** Where the platform under test is reached. */
export interface Targets {
  /** The gateway's HTTP and WebSocket address. */
  readonly url: string;
  readonly gatewayGrpc: string;
  readonly inferenceGrpc: string;
  readonly key: string;
}

/** What came of one request. */
export interface Answer {
  /** Of HTTP or gRPC, or the code a WebSocket was closed with; undefined where the client left first. */
  readonly status: number | undefined;
  /** Parlance's stable code, where there is one. */
  readonly code?: string | undefined;
  /** All that the server said: headers, body, frames, details. */
  readonly text: string;
  /** The request is no message of its protocol: the protocol's own library answers, and has no codes. */
  readonly isBeneathApi?: boolean;
}

export interface SoakRequest {
  /** For whoever reads the report: what was sent where. */
  readonly title: string;
  readonly api: 'http' | 'websocket' | 'grpc';
  send(targets: Targets): Promise<Answer>;
}

/** A stack, a file of ours, an address, a word of a library that a client has no business with. */
const TRACES =
  /\n\s+at \S+|\bat \S+ \(\S+:\d+|node_modules|\.[cm]?[jt]s:\d+|file:\/\/\/work|ECONN[A-Z]+|MongoServerError|OrtException|onnxruntime(?!_onnx)/;
/** UNKNOWN, DEADLINE_EXCEEDED, INTERNAL, UNAVAILABLE, DATA_LOSS. */
const GRPC_SERVER_FAULTS: ReadonlySet<number> = new Set([2, 4, 13, 14, 15]);
const RETRYABLE_CODES = Object.keys(ERROR_TABLE).filter(
  (code) => isErrorCode(code) && errorRow(code).retryable,
);

/** Why an answer is not one that a client may be given; undefined where it is. */
export function faultOf({ api }: SoakRequest, answer: Answer): string | undefined {
  const { status, code, text, isBeneathApi = false } = answer;
  const trace = TRACES.exec(text);
  if (trace) return `it shows ${JSON.stringify(trace[0].trim())}`;
  if (status === undefined) return undefined;
  if (isServerFault(api, status)) {
    if (isBeneathApi && api === 'grpc') return undefined;
    if (code === undefined) return `${api} ${status} without a code`;
    if (!RETRYABLE_CODES.includes(code)) return `${api} ${status} with ${code}, which is no retryable code`;
  }
  const isRefused = api === 'http' && status >= 400;
  if (isRefused && !isBeneathApi && !isErrorCode(code)) return `http ${status} without a code`;
  return undefined;
}

function isServerFault(api: SoakRequest['api'], status: number): boolean {
  if (api === 'http') return status >= 500;
  if (api === 'grpc') return GRPC_SERVER_FAULTS.has(status);
  return status === 1006 || status === 1011 || (status >= 4500 && status < 4600);
}
