import * as grpc from '@grpc/grpc-js';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { loadSync } from '@grpc/proto-loader';
import type { SpeechClient } from '@parlance/contracts';
import { loadProtocols } from '@parlance/rpc';
import { SpeechStream } from './inference-process.js';
import { API_KEY } from './platform.js';

type ClientClass = new (address: string, credentials: grpc.ChannelCredentials) => grpc.Client;

/** A tenant's client of the public gRPC API. */
export class PublicSpeechClient {
  readonly client: SpeechClient;

  constructor(
    private readonly address: string,
    private readonly key: string | undefined = API_KEY,
  ) {
    const { parlance } = grpc.loadPackageDefinition(loadProtocols(['voice'])) as unknown as {
      parlance: { voice: { v1: { Speech: ClientClass } } };
    };
    this.client = new parlance.voice.v1.Speech(address, grpc.credentials.createInsecure()) as SpeechClient;
  }

  get metadata(): grpc.Metadata {
    const metadata = new grpc.Metadata();
    if (this.key) metadata.set('authorization', `Bearer ${this.key}`);
    return metadata;
  }

  openStream(): SpeechStream {
    return new SpeechStream(this.client.streamingRecognize(this.metadata));
  }

  /** Names of the services, as grpcurl lists them: by reflection. */
  listServices(): Promise<string[]> {
    const folder = dirname(createRequire(import.meta.url).resolve('@grpc/reflection/package.json'));
    const definition = loadSync(join(folder, 'build/proto/grpc/reflection/v1/reflection.proto'));
    const { grpc: root } = grpc.loadPackageDefinition(definition) as unknown as {
      grpc: { reflection: { v1: { ServerReflection: ClientClass } } };
    };
    const client = new root.reflection.v1.ServerReflection(
      this.address,
      grpc.credentials.createInsecure(),
    ) as grpc.Client & { serverReflectionInfo(): grpc.ClientDuplexStream<object, ReflectionAnswer> };
    return new Promise((resolve, reject) => {
      const call = client.serverReflectionInfo();
      call.on('error', reject);
      call.on('data', (answer: ReflectionAnswer) => {
        resolve(answer.listServicesResponse.service.map(({ name }) => name));
        call.end();
        client.close();
      });
      call.write({ listServices: '' });
    });
  }

  close(): void {
    this.client.close();
  }
}

interface ReflectionAnswer {
  readonly listServicesResponse: { readonly service: readonly { readonly name: string }[] };
}
