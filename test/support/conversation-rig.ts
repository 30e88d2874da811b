import { ulid } from 'ulid';
import type { ReplySentence, SessionContext, TurnTranscribed } from '@parlance/contracts';
import { MessageBus, NatsConnection, type SessionEvent } from '@parlance/messaging';
import { SessionRepository, StoreConnection, TurnRepository } from '@parlance/persistence';
import { GroqServer } from './groq.js';
import { DocumentStoreServer } from './mongo.js';
import { NatsServer } from './nats.js';
import { ServiceProcess } from './service-process.js';
import { silentLogger } from './silent-logger.js';
import { anIdentity, aTurn } from './turn-factory.js';

const DATABASE = 'conversation';

/** The conversation service as a real process between a bus, a document store and a server of language models; turns come as from the
 *  gateway. */
export class ConversationRig {
  private readonly running: ServiceProcess[] = [];

  private constructor(
    readonly nats: NatsServer,
    private readonly mongo: DocumentStoreServer,
    readonly groq: GroqServer,
    readonly connection: NatsConnection,
    readonly bus: MessageBus,
    private readonly store: StoreConnection,
    readonly sessions: SessionRepository,
    readonly turns: TurnRepository,
  ) {}

  static async start(): Promise<ConversationRig> {
    const [nats, mongo, groq] = await Promise.all([
      NatsServer.start(),
      DocumentStoreServer.start(),
      GroqServer.start(),
    ]);
    const connection = await NatsConnection.open({ natsUrl: nats.url, name: 'test' }, silentLogger);
    const bus = new MessageBus(connection, silentLogger);
    await bus.onModuleInit();
    const store = await StoreConnection.open({ mongodbUri: mongo.uri(DATABASE), name: 'test' }, silentLogger);
    const sessions = new SessionRepository(store);
    const turns = new TurnRepository(store);
    await sessions.onModuleInit();
    await turns.onModuleInit();
    return new ConversationRig(nats, mongo, groq, connection, bus, store, sessions, turns);
  }

  async stop(): Promise<void> {
    await this.endServices();
    await this.bus.close();
    await this.store.close();
    await Promise.all([this.nats.stop(), this.mongo.stop(), this.groq.stop()]);
  }

  /** Starts the service. All that run share the queue. */
  async startService(environment: Readonly<Record<string, string>> = {}): Promise<ServiceProcess> {
    const service = await ServiceProcess.start('conversation', {
      NATS_URL: this.nats.url,
      MONGODB_URI: this.mongo.uri(DATABASE),
      PARLANCE_WORK_ACK_WAIT_MS: '2000',
      PARLANCE_WORK_RETRY_MS: '200',
      ...environment,
    });
    this.running.push(service);
    return service;
  }

  async endServices(): Promise<void> {
    for (const service of this.running.splice(0)) await service.end('SIGTERM');
  }

  /** The environment of a service that asks the rig's language models. */
  get withGroq(): Readonly<Record<string, string>> {
    return {
      PARLANCE_LLM_BASE_URL: `${this.groq.url}/v1`,
      PARLANCE_LLM_MODEL: 'llama',
      PARLANCE_LLM_PRICES: 'llama=0.5/2',
    };
  }

  /** As the gateway does: session, place, document, then the message. */
  async transcribe(overrides: Partial<TurnTranscribed> = {}): Promise<TurnTranscribed> {
    const turn = await this.prepare(overrides);
    await this.bus.publishWork('turnTranscribed', turn);
    return turn;
  }

  /** All but the message. */
  async prepare(overrides: Partial<TurnTranscribed> = {}): Promise<TurnTranscribed> {
    const identity = overrides.identity ?? anIdentity();
    await this.sessions.create(identity.tenant, identity.session);
    const sequence = await this.sessions.nextTurnSequence(identity.tenant, identity.session);
    const turn = aTurn({ ...overrides, identity, sequence });
    await this.turns.createTranscribed(turn);
    return turn;
  }

  /** A turn behind another one in its session. */
  transcribeAfter({ identity }: TurnTranscribed, text?: string): Promise<TurnTranscribed> {
    return this.transcribe({
      identity: { ...identity, turn: ulid() },
      ...(text === undefined ? {} : { text }),
    });
  }

  /** A session's events until the named one has come for the turn. */
  async eventsUntil(turn: TurnTranscribed, last: string): Promise<SessionEvent[]> {
    const seen: SessionEvent[] = [];
    for await (const event of await this.bus.watchSession(turn.identity.session)) {
      seen.push(event);
      if (event.event.name === last && event.event.data.identity.turn === turn.identity.turn) break;
    }
    return seen;
  }

  /** As the gateway sets it. */
  async setContext(session: string, context: SessionContext): Promise<void> {
    const collection = this.store.raw.collection<{ _id: string }>('sessions');
    await collection.updateOne({ _id: session }, { $set: { context } });
  }

  /** The sentences waiting for a voice, taken from the queue's storage. */
  async spokenWork(turn: TurnTranscribed): Promise<ReplySentence[]> {
    const { streams } = this.connection.manager;
    const { state } = await streams.info('PARLANCE_WORK');
    const found: ReplySentence[] = [];
    for (let seq = state.first_seq; seq <= state.last_seq; seq += 1) {
      const message = await streams.getMessage('PARLANCE_WORK', { seq }).catch(() => undefined);
      if (message?.subject === 'parlance.reply.sentence')
        found.push(JSON.parse(message.string()) as ReplySentence);
    }
    return found.filter(({ identity }) => identity.turn === turn.identity.turn);
  }
}
