import type {
  ServerUnaryCall,
  ServerWritableStream,
  sendUnaryData,
  UntypedServiceImplementation,
} from '@grpc/grpc-js';
import type { HealthCheckRequest__Output } from '#proto/grpc/health/v1/HealthCheckRequest.js';
import type { HealthCheckResponse } from '#proto/grpc/health/v1/HealthCheckResponse.js';

const NOT_FOUND = 5;

type ServingStatus = 'SERVING' | 'NOT_SERVING';
type Watcher = (status: ServingStatus | 'SERVICE_UNKNOWN') => void;

/** What grpc.health.v1 answers for this process; the empty name stands for the whole server. */
export class HealthStatus {
  private readonly statuses = new Map<string, ServingStatus>([['', 'NOT_SERVING']]);
  private readonly watchers = new Map<string, Set<Watcher>>();

  set(service: string, isServing: boolean): void {
    const status = isServing ? 'SERVING' : 'NOT_SERVING';
    if (this.statuses.get(service) === status) return;
    this.statuses.set(service, status);
    for (const notify of this.watchers.get(service) ?? []) notify(status);
  }

  isServing(service = ''): boolean {
    return this.statuses.get(service) === 'SERVING';
  }

  /** The service's implementation, to be added to a grpc-js server. */
  implementation(): UntypedServiceImplementation {
    return {
      check: (
        call: ServerUnaryCall<HealthCheckRequest__Output, HealthCheckResponse>,
        answer: sendUnaryData<HealthCheckResponse>,
      ) => {
        const status = this.statuses.get(call.request.service);
        if (status) answer(null, { status });
        else answer({ code: NOT_FOUND, details: 'This server has no such service.' });
      },
      watch: (call: ServerWritableStream<HealthCheckRequest__Output, HealthCheckResponse>) => {
        const { service } = call.request;
        const notify: Watcher = (status) => void call.write({ status });
        const watching = this.watchers.get(service) ?? new Set();
        this.watchers.set(service, watching.add(notify));
        notify(this.statuses.get(service) ?? 'SERVICE_UNKNOWN');
        call.on('cancelled', () => {
          watching.delete(notify);
          // A client may watch any name: nothing is kept of one that nobody watches.
          if (watching.size === 0 && this.watchers.get(service) === watching) this.watchers.delete(service);
          call.end();
        });
      },
    };
  }
}
