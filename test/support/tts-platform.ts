import type { SynthesisClient, SpeechWord, TurnTranscribed } from '@parlance/contracts';
import { MessageBus, NatsConnection, NatsObjectStore, type SessionEvent } from '@parlance/messaging';
import { StoreConnection, TurnRepository } from '@parlance/persistence';
import { callMetadata, GrpcClientPool } from '@parlance/rpc';
import type { ListVoicesResponse__Output } from '@parlance/contracts/proto/parlance/tts/v1/ListVoicesResponse';
import type { SpeechFormat__Output } from '@parlance/contracts/proto/parlance/tts/v1/SpeechFormat';
import type { SynthesizeRequest } from '@parlance/contracts/proto/parlance/tts/v1/SynthesizeRequest';
import type { SynthesizeResponse__Output } from '@parlance/contracts/proto/parlance/tts/v1/SynthesizeResponse';
import { freePort } from './free-port.js';
import { NO_MODELS } from './models.js';
import { DocumentStoreServer } from './mongo.js';
import { NatsServer } from './nats.js';
import { ServiceProcess } from './service-process.js';
import { silentLogger } from './silent-logger.js';

/** A running speech service and a way to call it. */
export class TtsProcess {
  constructor(
    readonly service: ServiceProcess,
    private readonly pool: GrpcClientPool<SynthesisClient>,
  ) {}

  async client(): Promise<SynthesisClient> {
    return (await this.pool.pick()).client;
  }

  async synthesize(
    request: SynthesizeRequest,
    tenant = 'acme',
  ): Promise<{ format: SpeechFormat__Output; audio: Buffer; words: readonly SpeechWord[] }> {
    let format: SpeechFormat__Output | undefined;
    let words: readonly SpeechWord[] = [];
    const parts: Buffer[] = [];
    const call = (await this.client()).Synthesize(request, callMetadata({ tenant }));
    for await (const message of call as AsyncIterable<SynthesizeResponse__Output>) {
      if (message.format) format = message.format;
      if (message.audio) parts.push(message.audio);
      if (message.words) ({ words } = message.words);
    }
    return { format: format!, audio: Buffer.concat(parts), words };
  }

  async voices(): Promise<ListVoicesResponse__Output> {
    const client = await this.client();
    return new Promise((resolve, reject) =>
      client.ListVoices({}, (error, answer) => (error ? reject(error) : resolve(answer!))),
    );
  }

  /** A metric's value; 0 when it is not there yet. */
  async metric(series: string): Promise<number> {
    return (await this.service.metric(series)) || 0;
  }

  async end(signal: NodeJS.Signals): Promise<number | null> {
    this.pool.close();
    return this.service.end(signal);
  }
}

/** What the speech service works with: bus, objects, turns. */
export class TtsPlatform {
  private constructor(
    private readonly nats: NatsServer,
    private readonly mongo: DocumentStoreServer,
    readonly connection: NatsConnection,
    readonly bus: MessageBus,
    readonly objects: NatsObjectStore,
    private readonly store: StoreConnection,
    readonly turns: TurnRepository,
  ) {}

  static async start(): Promise<TtsPlatform> {
    const [nats, mongo] = await Promise.all([NatsServer.start(), DocumentStoreServer.start()]);
    const connection = await NatsConnection.open({ natsUrl: nats.url, name: 'test' }, silentLogger);
    const bus = new MessageBus(connection, silentLogger);
    await bus.onModuleInit();
    const objects = await NatsObjectStore.open(connection, 'parlance');
    const store = await StoreConnection.open({ mongodbUri: mongo.uri('tts'), name: 'test' }, silentLogger);
    const turns = new TurnRepository(store);
    await turns.onModuleInit();
    return new TtsPlatform(nats, mongo, connection, bus, objects, store, turns);
  }

  async startService(environment: Readonly<Record<string, string>> = {}): Promise<TtsProcess> {
    const port = await freePort();
    const service = await ServiceProcess.start('tts', {
      NATS_URL: this.nats.url,
      MONGODB_URI: this.mongo.uri('tts'),
      PARLANCE_GRPC_PORT: String(port),
      PARLANCE_WORK_ACK_WAIT_MS: '2000',
      PARLANCE_WORK_MAX_DELIVERIES: '2',
      PARLANCE_WORK_RETRY_MS: '200',
      ...NO_MODELS,
      ...environment,
    });
    return new TtsProcess(service, new GrpcClientPool('tts', { addresses: [`127.0.0.1:${port}`] }));
  }

  async nextEvent(turn: TurnTranscribed): Promise<SessionEvent> {
    for await (const event of await this.bus.watchSession(turn.identity.session)) return event;
    throw new Error('the watch ended');
  }

  async stop(): Promise<void> {
    await this.bus.close();
    await this.store.close();
    await Promise.all([this.nats.stop(), this.mongo.stop()]);
  }
}
