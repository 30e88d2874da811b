import type { TurnTranscribed } from '@parlance/contracts';
import { MessageBus, NatsConnection, NatsObjectStore } from '@parlance/messaging';
import { silentLogger } from '../../support/silent-logger.js';

const SPEECH = { key: 'speech/bench.mp3', contentType: 'audio/mpeg' } as const;
/** Two seconds of speech in MP3. */
const SPEECH_BYTES = 16_000;

/** Answers every turn at once, aloud, in place of the conversation and speech services: what is left of a turn's time is the
 *  gateway's and the bus'. */
export class InstantAnswers {
  private constructor(
    private readonly bus: MessageBus,
    private readonly connection: NatsConnection,
  ) {}

  /** @param bucket  of the gateway's object store */
  static async start(natsUrl: string, bucket: string): Promise<InstantAnswers> {
    const connection = await NatsConnection.open({ natsUrl, name: 'bench' }, silentLogger);
    const bus = new MessageBus(connection, silentLogger);
    await bus.onModuleInit();
    const store = await NatsObjectStore.open(connection, bucket);
    const audio = await store.put(SPEECH.key, Buffer.alloc(SPEECH_BYTES, 1), SPEECH.contentType);
    const handle = async ({ identity }: TurnTranscribed): Promise<void> => {
      const [text, index, voice] = ['I see.', 0, 'bench'];
      await bus.publishEvent({
        name: 'reply.sentence',
        data: { identity, index, text, speak: true, voice, language: 'en', speed: 1 },
      });
      await bus.publishEvent({
        name: 'speech.ready',
        data: { identity, index, audio, durationMs: 2_000, engine: 'bench', voice, words: [] },
      });
      await bus.publishEvent({
        name: 'turn.replied',
        data: { identity, text, sentences: 1, speak: true, model: 'bench', corrections: [] },
      });
    };
    await bus.consumeWork('turnTranscribed', { handle, fail: async () => undefined });
    return new InstantAnswers(bus, connection);
  }

  async stop(): Promise<void> {
    await this.bus.close();
    await this.connection.close();
  }
}
