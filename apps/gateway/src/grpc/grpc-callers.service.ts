import type { Metadata, ServerUnaryCall } from '@grpc/grpc-js';
import { Inject, Injectable } from '@nestjs/common';
import { errorRow, toAppError } from '@parlance/errors';
import { cancelSignal, traceOf } from '@parlance/rpc';
import { LOGGER, SpanKind, withSpan, type Logger } from '@parlance/telemetry';
import { Admissions } from '../auth/admissions.service.js';
import { Authenticator } from '../auth/authenticator.service.js';
import { atExpiry, requireScope, type Caller } from '../auth/caller.js';
import { OpenCalls, type OpenCall } from '../drain/open-calls.service.js';

export type UnaryCall = ServerUnaryCall<unknown, unknown>;

/** Methods whose calls stay open. */
const STREAMS: ReadonlySet<string> = new Set([
  'Speech/StreamingRecognize',
  'Conversation/Converse',
  'GRPCInferenceService/ModelStreamInfer',
]);

/** Lets callers of the public gRPC APIs in. An identity in the metadata is ignored: the key or token says who calls. */
@Injectable()
export class GrpcCallers {
  constructor(
    private readonly authenticator: Authenticator,
    private readonly admissions: Admissions,
    private readonly open: OpenCalls,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** Runs a call's work in its span, within what its tenant may have open.
   *  @param name  of the method
   *  @throws AppError auth.missing_token, auth.invalid_token, auth.expired_token, auth.forbidden, quota.*, learner.erased, and
   *  what the work throws */
  async admitted<T>(name: string, metadata: Metadata, work: (caller: Caller) => Promise<T>): Promise<T> {
    const authorization = metadata.get('authorization')[0]?.toString();
    const caller = await this.authenticator.authenticateHeader(authorization);
    requireScope(caller, name.startsWith('Conversation/') ? 'sessions' : 'speech');
    const { tenant } = caller;
    const release = await this.admissions.admit(caller, STREAMS.has(name) ? 'stream' : 'request');
    try {
      const span = { kind: SpanKind.SERVER, parent: traceOf(metadata), identity: { tenant } };
      return await withSpan(name, span, () => work(caller));
    } catch (error) {
      const { code } = toAppError(error);
      if (errorRow(code).http >= 500) this.logger.error({ err: error, tenant }, `${name} failed: ${code}`);
      throw error;
    } finally {
      release();
    }
  }

  /** As `counted`, for a call that may last: it ends when its caller's token expires.
   *  @throws AppError auth.expired_token, and as `counted` */
  async streamed<T>(caller: Caller, call: OpenCall, work: () => Promise<T>): Promise<T> {
    const stay = atExpiry(caller, (fault) => call.cut(fault));
    try {
      return await this.counted(call, work);
    } finally {
      stay();
    }
  }

  /** Runs a unary call's work, which ends when its client leaves or a drain cuts it.
   *  @throws AppError service.draining, and what the work throws */
  async unary<T>(call: UnaryCall, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const cut = new AbortController();
    const signal = AbortSignal.any([cancelSignal(call), cut.signal]);
    try {
      return await this.counted({ drain: () => undefined, cut: (fault) => cut.abort(fault) }, () =>
        work(signal),
      );
    } catch (error) {
      throw cut.signal.aborted ? cut.signal.reason : error;
    }
  }

  /** Runs work that a drain ends. @throws AppError service.draining, and what the work throws */
  async counted<T>(call: OpenCall, work: () => Promise<T>): Promise<T> {
    const leave = this.open.add(call);
    try {
      return await work();
    } finally {
      leave();
    }
  }
}
