/** What every API answers for a fault: one row per code, in one table, so that the APIs agree. */
export interface ErrorRow {
  readonly http: number;
  /** gRPC status code (google.rpc.Code). */
  readonly grpc: number;
  /** WebSocket close code; 4xxx are the application's own. */
  readonly ws: number;
  readonly retryable: boolean;
  /** Hint for the client, seconds; only on retryable rows. */
  readonly retryAfterSeconds?: number;
  /** `type` of the OpenAI error shape. */
  readonly openai:
    | 'invalid_request_error'
    | 'authentication_error'
    | 'not_found_error'
    | 'rate_limit_error'
    | 'server_error';
  /** `param` of the OpenAI error shape, where the code alone tells the field at fault. */
  readonly openaiParam?: string;
}

const GRPC = {
  cancelled: 1,
  invalidArgument: 3,
  deadlineExceeded: 4,
  notFound: 5,
  permissionDenied: 7,
  resourceExhausted: 8,
  failedPrecondition: 9,
  aborted: 10,
  outOfRange: 11,
  unimplemented: 12,
  internal: 13,
  unavailable: 14,
  unauthenticated: 16,
} as const;

const invalid = {
  http: 400,
  grpc: GRPC.invalidArgument,
  ws: 4400,
  retryable: false,
  openai: 'invalid_request_error',
} as const;
const missing = {
  http: 404,
  grpc: GRPC.notFound,
  ws: 4404,
  retryable: false,
  openai: 'not_found_error',
} as const;

const invalidFile = { ...invalid, openaiParam: 'file' } as const;
const invalidImage = { ...invalid, openaiParam: 'image' } as const;
const invalidInput = { ...invalid, openaiParam: 'input' } as const;

const limited = {
  http: 429,
  grpc: GRPC.resourceExhausted,
  ws: 4429,
  retryable: true,
  retryAfterSeconds: 1,
  openai: 'rate_limit_error',
} as const;

export const ERROR_TABLE = {
  'request.invalid': invalid,
  'request.too_large': { ...invalid, http: 413, grpc: GRPC.outOfRange, ws: 4413 },
  'request.not_found': missing,
  // The address has other methods: over HTTP `Allow` names them.
  'request.method_not_allowed': { ...invalid, http: 405, grpc: GRPC.unimplemented, ws: 4405 },
  // Another change came first: read again.
  'request.conflict': { ...invalid, http: 409, grpc: GRPC.aborted, ws: 4409 },
  'request.cancelled': {
    http: 499,
    grpc: GRPC.cancelled,
    ws: 4499,
    retryable: true,
    openai: 'invalid_request_error',
  },
  'request.deadline_exceeded': {
    http: 504,
    grpc: GRPC.deadlineExceeded,
    ws: 4504,
    retryable: true,
    retryAfterSeconds: 1,
    openai: 'server_error',
  },
  // More events in a short time than a connection may send.
  'request.rate_limited': {
    http: 429,
    grpc: GRPC.resourceExhausted,
    ws: 4429,
    retryable: true,
    retryAfterSeconds: 1,
    openai: 'rate_limit_error',
  },
  'auth.missing_token': {
    http: 401,
    grpc: GRPC.unauthenticated,
    ws: 4401,
    retryable: false,
    openai: 'authentication_error',
  },
  'auth.invalid_token': {
    http: 401,
    grpc: GRPC.unauthenticated,
    ws: 4401,
    retryable: false,
    openai: 'authentication_error',
  },
  'auth.expired_token': {
    http: 401,
    grpc: GRPC.unauthenticated,
    ws: 4401,
    retryable: false,
    openai: 'authentication_error',
  },
  'auth.forbidden': {
    http: 403,
    grpc: GRPC.permissionDenied,
    ws: 4403,
    retryable: false,
    openai: 'authentication_error',
  },
  // An address and a password that do not belong together, in the same words whichever is wrong.
  'auth.invalid_credentials': {
    http: 401,
    grpc: GRPC.unauthenticated,
    ws: 4401,
    retryable: false,
    openai: 'authentication_error',
  },
  'auth.too_many_attempts': {
    http: 429,
    grpc: GRPC.resourceExhausted,
    ws: 4429,
    retryable: true,
    retryAfterSeconds: 60,
    openai: 'rate_limit_error',
  },
  // A refresh token that was used before: everything that came of its log-in has ended.
  'auth.token_reused': {
    http: 401,
    grpc: GRPC.unauthenticated,
    ws: 4401,
    retryable: false,
    openai: 'authentication_error',
  },
  // A password that was right; the person has not shown yet that the address is theirs.
  'auth.email_unverified': {
    http: 403,
    grpc: GRPC.permissionDenied,
    ws: 4403,
    retryable: false,
    openai: 'authentication_error',
  },
  // A code of a mail or of a redirect that is nobody's, used or expired.
  'auth.invalid_code': invalid,
  'mail.not_configured': { ...invalid, http: 409, grpc: GRPC.failedPrecondition, ws: 4409 },
  'oidc.not_configured': missing,
  // Of the installation: it lacks what log-ins by OpenID providers need.
  'oidc.unavailable': { ...invalid, http: 409, grpc: GRPC.failedPrecondition, ws: 4409 },
  'oidc.refused': {
    http: 403,
    grpc: GRPC.permissionDenied,
    ws: 4403,
    retryable: false,
    openai: 'authentication_error',
  },
  'picture.not_found': missing,
  'picture.unsupported_format': { ...invalid, http: 415, ws: 4415 },
  'account.not_found': missing,
  'account.exists': { ...invalid, http: 409, grpc: GRPC.failedPrecondition, ws: 4409 },
  'organisation.not_found': missing,
  'organisation.exists': { ...invalid, http: 409, grpc: GRPC.failedPrecondition, ws: 4409 },
  'key.not_found': missing,
  'privacy.job_not_found': missing,
  // An export that is still being made.
  'privacy.not_ready': { ...invalid, http: 409, grpc: GRPC.failedPrecondition, ws: 4409 },
  // The learner's data is being removed, or was a moment ago.
  'learner.erased': { ...invalid, http: 410, grpc: GRPC.failedPrecondition, ws: 4410 },
  'audio.empty': invalidFile,
  'audio.unsupported_format': { ...invalidFile, http: 415, ws: 4415 },
  'audio.corrupt': { ...invalidFile, http: 422, ws: 4422 },
  'audio.too_long': { ...invalidFile, http: 413, grpc: GRPC.outOfRange, ws: 4413 },
  'image.empty': invalidImage,
  'image.unsupported_format': { ...invalidImage, http: 415, ws: 4415 },
  'image.corrupt': { ...invalidImage, http: 422, ws: 4422 },
  'image.too_large': { ...invalidImage, http: 413, grpc: GRPC.outOfRange, ws: 4413 },
  // A picture that shows something else.
  'image.no_hand': { ...invalidImage, http: 422, grpc: GRPC.failedPrecondition, ws: 4422 },
  // Of a recording that comes in numbered chunks.
  'audio.chunks_missing': invalid,
  'audio.chunk_out_of_sequence': invalid,
  'stream.config_missing': invalid,
  'stream.config_repeated': invalid,
  'stream.idle_timeout': {
    http: 408,
    grpc: GRPC.aborted,
    ws: 4408,
    retryable: true,
    openai: 'invalid_request_error',
  },
  'model.not_found': { ...missing, openaiParam: 'model' },
  'model.loading': {
    http: 503,
    grpc: GRPC.unavailable,
    ws: 4503,
    retryable: true,
    retryAfterSeconds: 2,
    openai: 'server_error',
  },
  'model.invalid': {
    http: 500,
    grpc: GRPC.failedPrecondition,
    ws: 4500,
    retryable: false,
    openai: 'server_error',
  },
  'model.too_large': {
    http: 507,
    grpc: GRPC.resourceExhausted,
    ws: 4507,
    retryable: false,
    openai: 'server_error',
  },
  'model.no_space': {
    http: 507,
    grpc: GRPC.resourceExhausted,
    ws: 4507,
    retryable: false,
    openai: 'server_error',
  },
  'model.language_unsupported': { ...invalid, openaiParam: 'language' },
  'voice.not_found': { ...missing, openaiParam: 'voice' },
  'speech.text_too_long': invalidInput,
  'speech.unsupported_script': invalidInput,
  'speech.ssml_unsupported': invalidInput,
  'session.not_found': missing,
  'session.ended': { ...invalid, http: 409, grpc: GRPC.failedPrecondition, ws: 4409 },
  // It has as many turns as a session may.
  'session.full': { ...invalid, http: 409, grpc: GRPC.failedPrecondition, ws: 4409 },
  'session.already_active': { ...invalid, http: 409, grpc: GRPC.failedPrecondition, ws: 4409 },
  'turn.not_found': missing,
  'learning.not_found': missing,
  /** There is one already: a word of the learner's, an entry in a contest. */
  'learning.exists': { ...invalid, http: 409, grpc: GRPC.failedPrecondition, ws: 4409 },
  /** Somebody else has changed it: `details.version` is the one that stands. */
  'learning.conflict': { ...invalid, http: 409, grpc: GRPC.aborted, ws: 4409 },
  /** It takes no more: the set has its report, the contest or the exam is over. */
  'learning.closed': { ...invalid, http: 409, grpc: GRPC.failedPrecondition, ws: 4409 },
  'catalogue.not_found': missing,
  'catalogue.exists': { ...invalid, http: 409, grpc: GRPC.failedPrecondition, ws: 4409 },
  /** Somebody else has changed the entry: `details.version` is the one that stands. */
  'catalogue.conflict': { ...invalid, http: 409, grpc: GRPC.aborted, ws: 4409 },
  /** The platform's own entries are overridden, not deleted. */
  'catalogue.shared': { ...invalid, http: 409, grpc: GRPC.failedPrecondition, ws: 4409 },
  'catalogue.invalid_seed': {
    http: 500,
    grpc: GRPC.internal,
    ws: 1011,
    retryable: false,
    openai: 'server_error',
  },
  'recording.not_found': missing,
  // Said a moment ago, still on its way to the store.
  'recording.not_ready': {
    http: 503,
    grpc: GRPC.unavailable,
    ws: 4503,
    retryable: true,
    retryAfterSeconds: 1,
    openai: 'server_error',
  },
  'quota.exceeded': {
    http: 429,
    grpc: GRPC.resourceExhausted,
    ws: 4429,
    retryable: true,
    retryAfterSeconds: 30,
    openai: 'rate_limit_error',
  },
  // What a limit of the tenant, of its key or of its learner says: `details` names the quota and whose it is.
  'quota.requests_exceeded': limited,
  'quota.streams_exceeded': limited,
  'quota.audio_exceeded': limited,
  'quota.tokens_exceeded': limited,
  // Time alone frees no space.
  'quota.storage_exceeded': {
    http: 429,
    grpc: GRPC.resourceExhausted,
    ws: 4429,
    retryable: false,
    openai: 'rate_limit_error',
  },
  'inference.overloaded': {
    http: 429,
    grpc: GRPC.resourceExhausted,
    ws: 4429,
    retryable: true,
    retryAfterSeconds: 2,
    openai: 'rate_limit_error',
  },
  'inference.interrupted': {
    http: 503,
    grpc: GRPC.unavailable,
    ws: 4503,
    retryable: true,
    retryAfterSeconds: 1,
    openai: 'server_error',
  },
  // Every recogniser is down; a client may recognise by itself meanwhile.
  'recognition.unavailable': {
    http: 503,
    grpc: GRPC.unavailable,
    ws: 4503,
    retryable: true,
    retryAfterSeconds: 5,
    openai: 'server_error',
  },
  'service.draining': {
    http: 503,
    grpc: GRPC.unavailable,
    ws: 1012,
    retryable: true,
    retryAfterSeconds: 2,
    openai: 'server_error',
  },
  'upstream.unavailable': {
    http: 503,
    grpc: GRPC.unavailable,
    ws: 4503,
    retryable: true,
    retryAfterSeconds: 2,
    openai: 'server_error',
  },
  'store.unavailable': {
    http: 503,
    grpc: GRPC.unavailable,
    ws: 4503,
    retryable: true,
    retryAfterSeconds: 2,
    openai: 'server_error',
  },
  'internal.unexpected': {
    http: 500,
    grpc: GRPC.internal,
    ws: 1011,
    retryable: false,
    openai: 'server_error',
  },
} as const satisfies Record<string, ErrorRow>;

export type ErrorCode = keyof typeof ERROR_TABLE;

export function isErrorCode(value: unknown): value is ErrorCode {
  return typeof value === 'string' && Object.hasOwn(ERROR_TABLE, value);
}

/** The table's row; typed as the interface so that optional columns can be read on every row. */
export function errorRow(code: ErrorCode): ErrorRow {
  return ERROR_TABLE[code];
}
