/** The part of `meta.k8s.io/v1 Status` that tells what failed. */
interface StatusBody {
  readonly reason?: string;
  readonly message?: string;
  readonly details?: {
    readonly retryAfterSeconds?: number;
    readonly causes?: readonly { readonly reason?: string; readonly field?: string }[];
  };
}

/** What the API server answered in place of a result; status 0: it did not answer. */
export class ClusterError extends Error {
  override readonly name = 'ClusterError';

  constructor(
    readonly status: number,
    readonly reason: string,
    message: string,
    readonly retryAfterMs: number | undefined,
    private readonly causes: readonly string[],
    options?: ErrorOptions,
  ) {
    super(message, options);
  }

  /** @param retryAfter  the header, seconds */
  static from(request: string, status: number, text: string, retryAfter: string | null): ClusterError {
    const body = parse(text);
    const seconds = Number(retryAfter ?? body.details?.retryAfterSeconds ?? Number.NaN);
    return new ClusterError(
      status,
      body.reason ?? String(status),
      `${request}: ${status} ${body.message ?? text.slice(0, 500)}`,
      Number.isFinite(seconds) ? seconds * 1000 : undefined,
      (body.details?.causes ?? []).flatMap(({ reason }) => (reason === undefined ? [] : [reason])),
    );
  }

  static unreachable(request: string, cause: unknown): ClusterError {
    const why = cause instanceof Error ? cause.message : String(cause);
    const detail = cause instanceof Error && cause.cause instanceof Error ? ` (${cause.cause.message})` : '';
    return new ClusterError(0, 'Unreachable', `${request}: ${why}${detail}`, undefined, [], { cause });
  }

  get isNotFound(): boolean {
    return this.status === 404;
  }

  /** Another writer was first; what was observed is read again. */
  get isConflict(): boolean {
    return this.status === 409;
  }

  get isForbidden(): boolean {
    return this.status === 403 && !this.isNamespaceTerminating;
  }

  get isInvalid(): boolean {
    return this.status === 422 || this.status === 400;
  }

  /** The version that a watch goes on from is no longer known. */
  get isExpired(): boolean {
    return this.status === 410 || this.reason === 'Expired' || this.reason === 'Gone';
  }

  /** The namespace is being deleted: nothing can be made in it, and what is there goes by itself. */
  get isNamespaceTerminating(): boolean {
    return this.status === 403 && this.causes.includes('NamespaceTerminating');
  }
}

function parse(text: string): StatusBody {
  try {
    const body: unknown = JSON.parse(text);
    return typeof body === 'object' && body !== null ? body : {};
  } catch {
    return {};
  }
}
