import { describe, expect, it } from '@jest/globals';
import { VOICE_SERVER_EVENTS, type TurnEvent, type VoiceServerEventName } from '@parlance/contracts';
import { aReport } from '../../../../test/support/feedback-factory.js';
import { anIdentity, aSentence, aTurn } from '../../../../test/support/turn-factory.js';
import type { StoredTurns } from '../turns/stored-turns.service.js';
import type { EventSocket } from './event-socket.js';
import { ReplyReporter } from './reply-reporter.js';

const identity = anIdentity();
const said = aTurn({ identity });

interface Told {
  readonly name: VoiceServerEventName;
  readonly event: Record<string, unknown> & { metadata?: { part?: string; sequence?: number } };
}

/** A reporter, and what it tells, each event checked by its schema. */
function reporter(settings = { autoSpeak: true }) {
  const told: Told[] = [];
  const client = {
    send: async (name: VoiceServerEventName, event: Told['event']) => {
      VOICE_SERVER_EVENTS[name].parse(event);
      told.push({ name, event });
    },
  };
  const turns = { get: async () => ({ ...said, draft: [{ index: 0, text: 'Stored.', model: 'm' }] }) };
  const replies = new ReplyReporter(
    client as unknown as EventSocket,
    { audioOf: async (key: string) => (key === 'lost' ? undefined : Buffer.from(key)) },
    turns as unknown as StoredTurns,
    'request',
    settings,
  );
  let sequence = 0;
  const report = (event: TurnEvent) => replies.report({ event, sequence: (sequence += 1), headers: {} });
  return { told, report, names: () => told.map(({ name, event }) => event.metadata?.part ?? name) };
}

const sentence = (index: number): TurnEvent => ({
  name: 'reply.sentence',
  data: aSentence({ identity, index, text: `Sentence ${index}.` }),
});
const ready = (index: number, key = `audio ${index}`): TurnEvent => {
  const audio = { key, contentType: 'audio/mpeg', bytes: 7 };
  return {
    name: 'speech.ready',
    data: { identity, index, audio, durationMs: 900, engine: 'local:piper', voice: 'joe', words: [] },
  };
};
const replied = (parts: { speak?: boolean; sentences?: number } = {}): TurnEvent => ({
  name: 'turn.replied',
  data: {
    identity,
    text: 'Sentence 0. Sentence 1.',
    sentences: 2,
    speak: true,
    model: 'm',
    corrections: [],
    ...parts,
  },
});

describe("a session's replies, as they are told", () => {
  it('come as sentences, their speech and the whole, each numbered in the session', async () => {
    const { told, report, names } = reporter();
    for (const event of [sentence(0), ready(0), sentence(1), replied(), ready(1)]) await report(event);
    expect(names()).toEqual([
      'sentence',
      'voice:processing',
      'speech',
      'sentence',
      'reply',
      'voice:processing',
      'speech',
    ]);
    const sequences = told.flatMap(({ event }) => event.metadata?.sequence ?? []);
    expect(sequences).toEqual([1, 2, 3, 4, 5]);
    expect(told[2]?.event).toMatchObject({
      messageId: identity.turn,
      text: 'Sentence 0.',
      shouldSpeak: true,
      audio: { index: 0, data: Buffer.from('audio 0'), contentType: 'audio/mpeg', durationMs: 900 },
    });
    expect(told[4]?.event).toMatchObject({
      text: 'Sentence 0. Sentence 1.',
      metadata: { model: 'm', corrections: [], scores: said.scores, transcript: { text: said.text } },
    });
    expect(told[5]?.event).toMatchObject({ status: 'speaking', progress: 1 });
  });

  it('make the client ready at once where nothing is spoken', async () => {
    const { names, report } = reporter();
    await report(sentence(0));
    await report(replied({ speak: false }));
    expect(names()).toEqual(['sentence', 'reply', 'voice:ready']);
  });

  it('have the text of a sentence that was told before the client joined, and no audio that is lost', async () => {
    const { told, report } = reporter();
    await report(ready(0, 'lost'));
    expect(told[1]?.event).toMatchObject({ text: 'Stored.', audio: null, shouldSpeak: false });
  });

  it('are not to be played at once where the session does not want it', async () => {
    const { told, report } = reporter({ autoSpeak: false });
    await report(ready(0));
    expect(told[1]?.event).toMatchObject({ shouldSpeak: false, audio: { index: 0 } });
  });

  it('end in an error where the turn failed, and the client may speak again', async () => {
    const { told, report } = reporter();
    const error = { code: 'upstream.unavailable', message: 'Not just now.', retryable: true };
    await report({ name: 'turn.failed', data: { identity, stage: 'conversation', error } });
    expect(told).toMatchObject([
      { name: 'voice:error', event: { messageId: identity.turn, sequence: 1, error } },
      { name: 'voice:ready', event: { messageId: identity.turn } },
    ]);
  });

  it('are followed by the report on what was said', async () => {
    const { told, report } = reporter();
    await report({ name: 'turn.feedback', data: { identity, report: aReport() } });
    expect(told[0]?.event).toMatchObject({
      text: 'I went home.',
      metadata: { part: 'feedback', feedback: aReport() },
    });
  });
});
