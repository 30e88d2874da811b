import * as grpc from '@grpc/grpc-js';
import type { HealthClient } from '@parlance/contracts/proto/grpc/health/v1/Health';
import type { HealthCheckResponse__Output } from '@parlance/contracts/proto/grpc/health/v1/HealthCheckResponse';
import { loadProtocols } from '@parlance/rpc';

type ClientClass = new (address: string, credentials: grpc.ChannelCredentials) => grpc.Client;

/** A watch of grpc.health.v1 that keeps what it is told. */
export class HealthWatch {
  readonly statuses: unknown[] = [];
  readonly ended: Promise<number>;

  constructor(address: string, service = '') {
    const { grpc: root } = grpc.loadPackageDefinition(loadProtocols(['health'])) as unknown as {
      grpc: { health: { v1: { Health: ClientClass } } };
    };
    const client = new root.health.v1.Health(address, grpc.credentials.createInsecure()) as HealthClient;
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
