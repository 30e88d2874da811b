import { buffer } from 'node:stream/consumers';
import { NatsConnection, NatsObjectStore } from '@parlance/messaging';
import { StoreConnection } from '@parlance/persistence';
import type { Platform } from './platform.js';
import { silentLogger } from './silent-logger.js';

/** Looks through all that a platform keeps: documents, objects, messages of streams. */
export class EverythingKept {
  private constructor(
    readonly store: StoreConnection,
    private readonly connection: NatsConnection,
  ) {}

  static async of({ documents, nats }: Platform): Promise<EverythingKept> {
    const mongodbUri = documents.uri('parlance');
    return new EverythingKept(
      await StoreConnection.open({ mongodbUri, name: 'test' }, silentLogger),
      await NatsConnection.open({ natsUrl: nats.url, name: 'test' }, silentLogger),
    );
  }

  /** Where one of some texts stands: collections, keys of objects, subjects. */
  async locationsOf(texts: readonly string[]): Promise<string[]> {
    const has = (content: string): boolean => texts.some((text) => content.includes(text));
    const locations = new Set<string>();
    for await (const [location, content] of this.contents()) if (has(content)) locations.add(location);
    return [...locations];
  }

  async close(): Promise<void> {
    await this.store.close();
    await this.connection.close();
  }

  private async *contents(): AsyncGenerator<readonly [location: string, content: string]> {
    yield* this.documents();
    yield* this.objects();
    yield* this.messages();
  }

  private async *documents(): AsyncGenerator<readonly [string, string]> {
    for (const { name } of await this.store.raw.db!.listCollections().toArray())
      for (const document of await this.store.raw.collection(name).find().toArray())
        yield [`collection ${name}`, JSON.stringify(document)];
  }

  private async *objects(): AsyncGenerator<readonly [string, string]> {
    const store = await NatsObjectStore.open(this.connection, 'parlance');
    for (const prefix of ['', 'sessions/'])
      for await (const { key } of store.list(prefix)) {
        const stored = await store.get(key);
        yield [`object ${key}`, key + (stored ? (await buffer(stored.content)).toString('latin1') : '')];
      }
  }

  private async *messages(): AsyncGenerator<readonly [string, string]> {
    const { streams } = this.connection.manager;
    for await (const { config, state } of streams.list())
      for (let seq = state.first_seq; seq <= state.last_seq; seq++) {
        const message = await streams.getMessage(config.name, { seq }).catch(() => undefined);
        if (!message) continue;
        const headers = (message.header?.keys() ?? []).map((key) => message.header.get(key)).join(' ');
        yield [`message ${message.subject}`, `${message.subject} ${headers} ${message.string()}`];
      }
  }
}
