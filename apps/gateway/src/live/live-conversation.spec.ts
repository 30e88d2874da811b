import { afterEach, describe, expect, it } from '@jest/globals';
import type { TurnIdentity } from '@parlance/contracts';
import { aResult } from '../../../../test/support/recognition-factory.js';
import { until } from '../../../../test/support/until.js';
import type { LiveStream, RecognitionEvent } from '../recognition/live-stream.js';
import { EventQueue } from './event-queue.js';
import { LiveConversation, type ConversationEvent, type ConversationServices } from './live-conversation.js';
import type { PlayedReply } from './playback.js';
import { SPOKEN_FORMAT, spokenConfig } from './spoken-audio.js';

const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

/** A conversation whose recognition says what the test has it say. */
async function listening(answersAtOnce?: boolean) {
  const done: string[] = [];
  const recognised = new EventQueue<RecognitionEvent>();
  let follower: (reply: PlayedReply) => void = () => undefined;
  const stream = {
    send: async () => undefined,
    end: () => recognised.end(),
    cancel: () => recognised.end(),
    [Symbol.asyncIterator]: () => recognised[Symbol.asyncIterator](),
  } as unknown as LiveStream;
  const { promise: closed, resolve: close } = Promise.withResolvers<void>();
  const watch = {
    [Symbol.asyncIterator]: () => ({ next: () => closed.then(() => ({ done: true, value: undefined })) }),
    close: async () => close(),
  };
  const services = {
    recognition: { open: async () => stream },
    recordings: { of: () => ({ beside: () => stream, close: async () => undefined }) },
    interruptions: {
      follow: (_: string, given: typeof follower) => {
        follower = given;
        return () => undefined;
      },
      tell: (_: string, reply: PlayedReply) => {
        done.push(`told ${reply.text}`);
        follower(reply);
      },
    },
    bus: { watchSession: async () => watch },
    turns: {
      startFromUtterance: async ({ identity }: { identity: TurnIdentity }) => {
        done.push(`stored ${identity.turn}`);
        return { recorded: Promise.resolve() };
      },
      startFromText: async ({ identity }: { identity: TurnIdentity }) =>
        void done.push(`stored ${identity.turn}`),
      recordInterruption: async ({ turn }: TurnIdentity, text: string, isExact: boolean) =>
        void done.push(`recorded ${turn} ${text} ${isExact}`),
    },
  } as unknown as ConversationServices;
  const conversation = await LiveConversation.open(services, {
    tenant: 'acme',
    session: 's',
    after: undefined,
    reply: {},
    ffmpegPath: 'no-ffmpeg',
    usedBy: { tenant: 'acme' },
    ...(answersAtOnce === undefined ? {} : { answersAtOnce }),
  });
  const events: ConversationEvent[] = [];
  const read = (async () => {
    for await (const event of conversation) events.push(event);
  })();
  open.push(async () => {
    await conversation.close();
    await read;
  });
  await conversation.startSpeech(spokenConfig(''), SPOKEN_FORMAT);
  const utter = (text: string) => recognised.put({ result: aResult({ text }) } as RecognitionEvent);
  return { conversation, events, done, utter, kinds: () => events.map(({ kind }) => kind) };
}

describe('a live conversation', () => {
  it('makes each utterance a turn', async () => {
    const { events, utter, kinds } = await listening();
    await utter('One.');
    await until(() => kinds().includes('taken'));
    expect(events).toHaveLength(2);
  });

  it('leaves it to its API which utterance is answered, and by which turn', async () => {
    const { conversation, events, done, utter, kinds } = await listening(false);
    await utter('One.');
    await until(() => kinds().includes('utterance'));
    expect(done).toEqual([]);
    const [said] = events.flatMap((event) => (event.kind === 'utterance' ? [event.utterance] : []));
    expect(said).toMatchObject({ result: { text: 'One.' } });
    conversation.answer(said!, 'turn-1');
    await conversation.say('Two.', 'en', 'turn-2');
    expect(done).toEqual(['stored turn-1', 'stored turn-2']);
  });

  it('cuts a reply that is still to be written once its turn is stored, with what its client says it played', async () => {
    const { conversation, events, done } = await listening(false);
    void conversation.say('One.', 'en', 'turn-1');
    await conversation.cut('turn-1');
    expect(done).toEqual(['told ', 'stored turn-1', 'recorded turn-1  false']);
    await until(() => events.some(({ kind }) => kind === 'interrupted'));
    expect(conversation.isSilenced('turn-1')).toBe(true);
    await conversation.cut('turn-1', 'Half of');
    expect(done.at(-1)).toBe('recorded turn-1 Half of true');
  });

  it('forgets what was said, and listens anew', async () => {
    const { conversation, done, kinds } = await listening(false);
    await conversation.dropSpeech();
    expect(kinds()).toEqual(['speech-ended']);
    expect(conversation.isListening).toBe(false);
    await conversation.startSpeech(spokenConfig(''), SPOKEN_FORMAT);
    expect(done).toEqual([]);
  });
});
