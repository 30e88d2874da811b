import { Metadata, type StatusObject } from '@grpc/grpc-js';
import { type ArgumentsHost, Catch, type ExceptionFilter } from '@nestjs/common';
import { type Observable, throwError } from 'rxjs';
import { GRPC_ERROR_CODE_KEY, toGrpcFault } from '@parlance/errors';
import { counter } from '@parlance/telemetry';

const faults = () => counter('parlance_rpc_server_faults_total');

/** A fault as grpc-js wants it: status, text for the client, and the stable code in the trailers. */
export function grpcStatusOf(error: unknown): Pick<StatusObject, 'code' | 'details' | 'metadata'> {
  const { code, details, trailers } = toGrpcFault(error);
  const metadata = new Metadata();
  for (const [key, value] of Object.entries(trailers)) metadata.set(key, value);
  return { code, details, metadata };
}

/** For unary handlers: without it a throw arrives as UNKNOWN with its own text. */
@Catch()
export class GrpcErrorFilter implements ExceptionFilter {
  catch(error: unknown, _host: ArgumentsHost): Observable<never> {
    return throwError(() => countedStatusOf(error));
  }
}

/** Ends a raw stream call with the fault; what was written before it still arrives. */
export function failCall(call: { emit(event: 'error', status: object): unknown }, error: unknown): void {
  call.emit('error', countedStatusOf(error));
}

function countedStatusOf(error: unknown): ReturnType<typeof grpcStatusOf> {
  const fault = grpcStatusOf(error);
  faults().inc({ code: String(fault.metadata.get(GRPC_ERROR_CODE_KEY)[0]) });
  return fault;
}

/** What every kind of grpc-js' server calls has. */
interface ServerCall {
  readonly cancelled: boolean;
  on(event: 'cancelled', listener: () => void): unknown;
}

/** Calls the listener when the client has left its call, also where it left before. */
export function onCancelled(call: ServerCall, listener: () => void): void {
  call.on('cancelled', listener);
  // A call that was reset before it came here says so no more.
  if (call.cancelled) listener();
}

/** Fires when the client has left its call. */
export function cancelSignal(call: ServerCall): AbortSignal {
  const left = new AbortController();
  onCancelled(call, () => left.abort());
  return left.signal;
}
