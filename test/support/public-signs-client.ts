import * as grpc from '@grpc/grpc-js';
import type { SignsClient } from '@parlance/contracts/proto/parlance/signs/v1/Signs';
import type { ReadRequest } from '@parlance/contracts/proto/parlance/signs/v1/ReadRequest';
import type { ReadResponse__Output } from '@parlance/contracts/proto/parlance/signs/v1/ReadResponse';
import { loadProtocols, serviceClient } from '@parlance/rpc';
import { ask } from './inference-process.js';
import { API_KEY } from './platform.js';

/** A client of parlance.signs.v1.Signs. */
export class PublicSignsClient {
  private readonly client: SignsClient;

  constructor(
    address: string,
    private readonly key: string | undefined = API_KEY,
  ) {
    const Client = serviceClient(grpc.loadPackageDefinition(loadProtocols(['signs'])), 'signs');
    this.client = new Client(address, grpc.credentials.createInsecure()) as unknown as SignsClient;
  }

  /** Rejects by the call's status and Parlance's code. */
  read(image: Buffer): Promise<ReadResponse__Output> {
    const metadata = new grpc.Metadata();
    if (this.key) metadata.set('authorization', `Bearer ${this.key}`);
    return ask<ReadRequest, ReadResponse__Output>(
      (request, answer) => this.client.read(request, metadata, answer),
      { image },
    );
  }

  close(): void {
    this.client.close();
  }
}
