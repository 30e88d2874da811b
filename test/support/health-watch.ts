import * as grpc from '@grpc/grpc-js';
import type { HealthClient } from '@parlance/contracts/proto/grpc/health/v1/Health';
import type { HealthCheckResponse__Output } from '@parlance/contracts/proto/grpc/health/v1/HealthCheckResponse';
import type { HealthListResponse__Output } from '@parlance/contracts/proto/grpc/health/v1/HealthListResponse';
import { loadProtocols } from '@parlance/rpc';

type ClientClass = new (address: string, credentials: grpc.ChannelCredentials) => grpc.Client;

function healthClient(address: string): HealthClient {
  const { grpc: root } = grpc.loadPackageDefinition(loadProtocols(['health'])) as unknown as {
    grpc: { health: { v1: { Health: ClientClass } } };
  };
  return new root.health.v1.Health(address, grpc.credentials.createInsecure()) as HealthClient;
}

/** The state of each service of a server, by name. */
export async function healthList(address: string): Promise<Readonly<Record<string, string>>> {
  const client = healthClient(address);
  try {
    const { statuses } = await new Promise<HealthListResponse__Output>((resolve, reject) =>
      client.list({}, (error, answer) =>
        answer ? resolve(answer) : reject(error ?? new Error('no answer')),
      ),
    );
    return Object.fromEntries(Object.entries(statuses).map(([service, { status }]) => [service, status]));
  } finally {
    client.close();
  }
}

/** A watch of grpc.health.v1 that keeps what it is told. */
export class HealthWatch {
  readonly statuses: unknown[] = [];
  readonly ended: Promise<number>;

  constructor(address: string, service = '') {
    const client = healthClient(address);
    const call = client.watch({ service });
    call.on('data', ({ status }: HealthCheckResponse__Output) => this.statuses.push(status));
    this.ended = new Promise((resolve) =>
      call.on('error', ({ code }: grpc.ServiceError) => {
        client.close();
        resolve(code);
      }),
    );
  }
}
