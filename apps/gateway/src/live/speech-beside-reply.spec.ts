import { describe, expect, it } from '@jest/globals';
import type { EndpointEvent__Output } from '@parlance/contracts';
import { Playback } from './playback.js';
import { SpeechBesideReply, type PlaybackEvent } from './speech-beside-reply.js';
import { anIdentity } from '../../../../test/support/turn-factory.js';

const identity = anIdentity();
const { turn } = identity;
const audio = { key: 'k', contentType: 'audio/mpeg', bytes: 1 };

/** A reply of two seconds that has just begun, and somebody beside it. */
function besideReply(longestPauseMs?: number) {
  const playback = new Playback();
  const data = { identity, index: 0, audio, durationMs: 2_000, engine: 'e', voice: 'v', words: [] };
  playback.follow({ sequence: 1, headers: {}, event: { name: 'speech.ready', data } });
  const told: PlaybackEvent[] = [];
  const news = Promise.withResolvers<void>();
  const beside = new SpeechBesideReply(
    playback,
    (event) => {
      told.push(event);
      if (event.kind === 'resumed') news.resolve();
      return Promise.resolve();
    },
    () => {
      told.push({ kind: 'interrupted', reply: playback.interrupt()! });
      return Promise.resolve();
    },
    longestPauseMs,
  );
  const tellOf = (
    kind: 'SPEECH_POSSIBLE' | 'SPEECH_STARTED' | 'SPEECH_CONFIRMED' | 'SPEECH_DISMISSED' | 'UTTERANCE_END',
    id = 'u',
  ) => beside.judge({ kind: `ENDPOINT_KIND_${kind}`, utteranceId: id } as EndpointEvent__Output);
  return { beside, playback, tellOf, told, resumed: news.promise };
}

describe('a reply beside which somebody makes a sound', () => {
  it('pauses at once, and is interrupted once the sound is confirmed to be speech', async () => {
    const { tellOf, told } = besideReply();
    await tellOf('SPEECH_POSSIBLE', '');
    await tellOf('SPEECH_STARTED');
    expect(told).toEqual([{ kind: 'paused', turn }]);
    await tellOf('SPEECH_CONFIRMED');
    expect(told.slice(1)).toEqual([{ kind: 'interrupted', reply: { turn, text: '' } }]);
    await tellOf('UTTERANCE_END');
    expect(told).toHaveLength(2);
  });

  it.each(['SPEECH_DISMISSED', 'UTTERANCE_END'] as const)('goes on at %s', async (kind) => {
    const { tellOf, told, playback } = besideReply();
    await tellOf('SPEECH_STARTED');
    await tellOf(kind);
    await tellOf(kind);
    expect(told.map((event) => event.kind)).toEqual(['paused', 'resumed']);
    expect(playback.isPlaying).toBe(true);
  });

  it('stays paused when the utterance before ends', async () => {
    const { tellOf, told, beside } = besideReply();
    await tellOf('SPEECH_STARTED');
    await tellOf('UTTERANCE_END', 'before');
    expect(told.map((event) => event.kind)).toEqual(['paused']);
    beside.close();
  });

  it('goes on beside a noise that does not end', async () => {
    const { tellOf, told, resumed } = besideReply(5);
    await tellOf('SPEECH_STARTED');
    await resumed;
    expect(told.map((event) => event.kind)).toEqual(['paused', 'resumed']);
    // It was speech after all.
    await tellOf('SPEECH_CONFIRMED');
    expect(told.at(-1)?.kind).toBe('interrupted');
  });

  it('is not told of where none is played, or the client has played all', async () => {
    const { tellOf, told, playback, beside } = besideReply();
    await tellOf('SPEECH_STARTED');
    playback.finish();
    await beside.resume();
    await tellOf('SPEECH_CONFIRMED');
    await tellOf('SPEECH_STARTED', 'next');
    expect(told.map((event) => event.kind)).toEqual(['paused']);
  });

  it('takes a hum for assent, and for what it says once it is confirmed to be speech', async () => {
    const { tellOf, beside } = besideReply();
    const hum = { utteranceId: 'u', text: 'Mhm.' };
    expect(beside.isAssent(hum)).toBe(false);
    await tellOf('SPEECH_STARTED');
    expect(beside.isAssent(hum)).toBe(true);
    expect(beside.isAssent({ ...hum, text: 'Why?' })).toBe(false);
    await tellOf('SPEECH_CONFIRMED');
    expect(beside.isAssent(hum)).toBe(false);
  });
});
