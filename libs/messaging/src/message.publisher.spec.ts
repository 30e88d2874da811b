import { describe, expect, it, jest } from '@jest/globals';
import type { MsgHdrs } from 'nats';
import type { TurnEvent } from '@parlance/contracts';
import { anIdentity, aSentence, aTurn } from '../../../test/support/turn-factory.js';
import { MessagePublisher } from './message.publisher.js';
import type { NatsConnection } from './nats-connection.js';

interface PublishOptions {
  readonly msgID: string;
  readonly headers: MsgHdrs;
}

const STREAM_FULL = 10047;
const RETRY_AFTER_SECONDS = 10;

function publisher(answer: () => Promise<unknown> = async () => ({})) {
  const publish = jest.fn((_subject: string, _data: Uint8Array, _options: PublishOptions) => answer());
  const connection = {
    whenConnected: async () => undefined,
    whileConnected: <T>(request: () => Promise<T>) => request(),
    jetStream: { publish },
  };
  return { publish, messages: new MessagePublisher(connection as unknown as NatsConnection) };
}

describe('the publisher of messages', () => {
  it('gives work the id of the fact it tells, so that a second publish is dropped', async () => {
    const { publish, messages } = publisher();
    const identity = anIdentity();
    await messages.publishWork('turnTranscribed', aTurn({ identity }));
    await messages.publishWork('turnTranscribed', aTurn({ identity, text: 'again' }));
    await messages.publishWork('replySentence', aSentence({ identity, index: 2 }));
    expect(publish.mock.calls.map(([, , { msgID }]) => msgID)).toEqual([
      `${identity.turn}:transcribed`,
      `${identity.turn}:transcribed`,
      `${identity.turn}:sentence:2`,
    ]);
  });

  it('gives the event of a sentence another id than its work', async () => {
    const { publish, messages } = publisher();
    const data = aSentence({ index: 1 });
    await messages.publishWork('replySentence', data);
    const event: TurnEvent = { name: 'reply.sentence', data };
    await messages.publishEvent(event);
    const [work, told] = publish.mock.calls.map(([, , { msgID }]) => msgID);
    expect(told).toBe(`event:${work}`);
  });

  it('says in the headers whom a message is about', async () => {
    const { publish, messages } = publisher();
    const turn = aTurn();
    await messages.publishWork('turnTranscribed', turn);
    const [, , { headers }] = publish.mock.calls[0]!;
    expect(headers.get('parlance-turn')).toBe(turn.identity.turn);
  });

  it('refuses a message that does not fit its schema', async () => {
    const { publish, messages } = publisher();
    await expect(messages.publishWork('replySentence', aSentence({ index: -1 }))).rejects.toThrow();
    expect(publish).not.toHaveBeenCalled();
  });

  it('says when to come back where the stream is full', async () => {
    const { messages } = publisher(() => Promise.reject({ api_error: { err_code: STREAM_FULL } }));
    await expect(messages.publishWork('replySentence', aSentence())).rejects.toMatchObject({
      code: 'upstream.unavailable',
      retryAfterSeconds: RETRY_AFTER_SECONDS,
    });
  });
});
