import {
  Metadata,
  type ServerUnaryCall,
  type ServerWritableStream,
  type sendUnaryData,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';
import type { HealthCheckRequest__Output } from '@parlance/contracts/proto/grpc/health/v1/HealthCheckRequest';
import type { HealthCheckResponse } from '@parlance/contracts/proto/grpc/health/v1/HealthCheckResponse';
import type { HealthListRequest__Output } from '@parlance/contracts/proto/grpc/health/v1/HealthListRequest';
import type { HealthListResponse } from '@parlance/contracts/proto/grpc/health/v1/HealthListResponse';
import { onCancelled } from './server-calls.js';

const NOT_FOUND = 5;
const RESOURCE_EXHAUSTED = 8;
const UNAVAILABLE = 14;

/** Watches held at once: they need no key, and an orchestrator has a few. */
const MAX_WATCHES = 100;

type ServingStatus = 'SERVING' | 'NOT_SERVING';
type WatchCall = ServerWritableStream<HealthCheckRequest__Output, HealthCheckResponse>;

/** What grpc.health.v1 answers for this process; the empty name stands for the whole server. */
export class HealthStatus {
  private readonly statuses = new Map<string, ServingStatus>([['', 'NOT_SERVING']]);
  private readonly watches = new Set<WatchCall>();
  private isClosed = false;

  /** @param describe  adds to the metadata of every answer to a check what clients choose a peer by: its load */
  constructor(private readonly describe: (metadata: Metadata) => Metadata = (metadata) => metadata) {}

  /** Makes a service known before it serves. */
  register(service: string): void {
    if (!this.statuses.has(service)) this.statuses.set(service, 'NOT_SERVING');
  }

  set(service: string, isServing: boolean): void {
    const status = isServing ? 'SERVING' : 'NOT_SERVING';
    if (this.statuses.get(service) === status) return;
    this.statuses.set(service, status);
    for (const call of this.watches) if (call.request.service === service) call.write({ status });
  }

  /** Says the same of every service that is known. */
  setAll(isServing: boolean): void {
    for (const service of this.statuses.keys()) this.set(service, isServing);
  }

  /** Ends every watch, each with UNAVAILABLE, so that none holds up the end of the server. */
  close(): void {
    this.isClosed = true;
    for (const call of this.watches) end(call, UNAVAILABLE, 'This server is shutting down.');
    this.watches.clear();
  }

  /** The service's implementation, to be added to a grpc-js server. */
  implementation(): UntypedServiceImplementation {
    return {
      check: (
        call: ServerUnaryCall<HealthCheckRequest__Output, HealthCheckResponse>,
        answer: sendUnaryData<HealthCheckResponse>,
      ) => {
        const status = this.statuses.get(call.request.service);
        call.sendMetadata(this.describe(new Metadata()));
        if (status) answer(null, { status });
        else answer({ code: NOT_FOUND, details: 'This server has no such service.' });
      },
      list: (
        _: ServerUnaryCall<HealthListRequest__Output, HealthListResponse>,
        answer: sendUnaryData<HealthListResponse>,
      ) => {
        const known = [...this.statuses].map(([service, status]) => [service, { status }] as const);
        answer(null, { statuses: Object.fromEntries(known) });
      },
      watch: (call: WatchCall) => this.watch(call),
    };
  }

  private watch(call: WatchCall): void {
    const status = this.statuses.get(call.request.service);
    call.write({ status: status ?? 'SERVICE_UNKNOWN' });
    // No service comes later: a watch of an unknown one would be held for nothing.
    if (!status) return end(call, NOT_FOUND, 'This server has no such service.');
    if (this.isClosed) return end(call, UNAVAILABLE, 'This server is shutting down.');
    if (this.watches.size >= MAX_WATCHES)
      return end(call, RESOURCE_EXHAUSTED, 'Too many health watches are open.');
    this.watches.add(call);
    onCancelled(call, () => this.watches.delete(call));
  }
}

/** What was written before still arrives. */
function end(call: WatchCall, code: number, details: string): void {
  call.emit('error', { code, details });
}
