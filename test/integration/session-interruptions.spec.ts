/** Conversations of one session on two replicas, over a real bus: what interrupts a reply at one stops it at the others. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { TurnIdentity } from '@parlance/contracts';
import { MessageBus, NatsConnection } from '@parlance/messaging';
import { Interruptions } from '@parlance/gateway/live/interruptions.service';
import {
  LiveConversation,
  type ConversationEvent,
  type ConversationServices,
} from '@parlance/gateway/live/live-conversation';
import { NatsServer } from '../support/nats.js';
import { silentLogger } from '../support/silent-logger.js';
import { aSentence, anIdentity } from '../support/turn-factory.js';
import { until } from '../support/until.js';

/** A replica of the gateway, as far as interruptions go. */
class Replica {
  readonly recorded: string[] = [];
  private constructor(
    readonly bus: MessageBus,
    readonly interruptions: Interruptions,
  ) {}

  static async start(natsUrl: string, name: string): Promise<Replica> {
    const bus = new MessageBus(await NatsConnection.open({ natsUrl, name }, silentLogger), silentLogger);
    await bus.onModuleInit();
    const interruptions = new Interruptions(bus, silentLogger);
    interruptions.onApplicationBootstrap();
    // The subscription is there once the server has answered.
    await bus.isReady();
    return new Replica(bus, interruptions);
  }

  /** A client of the session that gets its events. @param isAlone  only those of turns of its own */
  async client(session: string, isAlone = false) {
    const services = {
      bus: this.bus,
      interruptions: this.interruptions,
      turns: { recordInterruption: async (_: unknown, text: string) => void this.recorded.push(text) },
      recordings: { of: () => ({ close: async () => undefined }) },
    } as unknown as ConversationServices;
    const after = isAlone ? undefined : 0;
    const options = { tenant: 'acme', session, after, reply: {}, ffmpegPath: '', usedBy: { tenant: 'acme' } };
    const conversation = await LiveConversation.open(services, options);
    const events: ConversationEvent[] = [];
    const ended = (async () => {
      for await (const event of conversation) events.push(event);
    })();
    open.push(async () => {
      await conversation.close();
      await ended;
    });
    const namesOf = (turn: string) =>
      events.flatMap((event) => {
        if (event.kind === 'interrupted') return event.reply.turn === turn ? ['interrupted'] : [];
        const arrived = event.kind === 'event' ? event.arrived.event : undefined;
        return arrived?.data.identity.turn === turn ? [arrived.name] : [];
      });
    return { conversation, namesOf };
  }
}

const open: (() => Promise<void>)[] = [];
let server: NatsServer;
let one: Replica;
let other: Replica;
beforeAll(async () => {
  server = await NatsServer.start();
  one = await Replica.start(server.url, 'one');
  other = await Replica.start(server.url, 'other');
});
afterEach(async () => {
  for (const close of open.splice(0)) await close();
});
afterAll(async () => {
  for (const { bus, interruptions } of [one, other]) {
    interruptions.beforeApplicationShutdown();
    await bus.close();
  }
  await server.stop();
});

async function speak(identity: TurnIdentity, index: number): Promise<void> {
  const audio = { key: `speech/${identity.turn}/${index}`, contentType: 'audio/mpeg', bytes: 1 };
  await one.bus.publishEvent({ name: 'reply.sentence', data: aSentence({ identity, index }) });
  await one.bus.publishEvent({
    name: 'speech.ready',
    data: { identity, index, audio, durationMs: 60_000, words: [], voice: 'v', engine: 'e' } as never,
  });
}

describe('a reply that is interrupted at one client', () => {
  it('stops at all clients of its session, on each replica, once', async () => {
    const identity = anIdentity();
    const { session, turn } = identity;
    const [speaker, beside, away] = [
      await one.client(session),
      await one.client(session),
      await other.client(session),
    ];
    const elsewhere = await other.client(anIdentity().session);
    await speak(identity, 0);
    const all = [speaker, beside, away];
    await until(() => all.every(({ conversation }) => conversation.isSpeaking));
    await speaker.conversation.interrupt();
    await until(() => all.every(({ namesOf }) => namesOf(turn).includes('interrupted')));
    expect(all.map(({ conversation }) => conversation.isSpeaking)).toEqual([false, false, false]);
    // What was on its way is told to none; the next turn is.
    await speak(identity, 1);
    const next = anIdentity({ session });
    await speak(next, 0);
    await until(() => all.every(({ namesOf }) => namesOf(next.turn).length === 2));
    for (const { namesOf } of all)
      expect(namesOf(turn)).toEqual(['reply.sentence', 'speech.ready', 'interrupted']);
    expect(elsewhere.namesOf(turn)).toEqual([]);
    expect([one.recorded.length, other.recorded.length]).toEqual([1, 0]);
  });

  it('is nothing to a client that is told of its own turns only', async () => {
    const identity = anIdentity();
    const speaker = await one.client(identity.session);
    const own = await other.client(identity.session, true);
    const follower = await other.client(identity.session);
    await speak(identity, 0);
    await until(() => speaker.conversation.isSpeaking);
    await speaker.conversation.interrupt();
    await until(() => follower.namesOf(identity.turn).includes('interrupted'));
    expect(own.namesOf(identity.turn)).toEqual([]);
  });
});
