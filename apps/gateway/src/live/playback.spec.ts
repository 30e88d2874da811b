import { describe, expect, it } from '@jest/globals';
import type { SessionEvent } from '@parlance/messaging';
import { aTurn } from '../../../../test/support/turn-factory.js';
import { Playback } from './playback.js';

const { identity } = aTurn();
const TEXTS = ['One two three four.', 'Five six seven eight nine ten.'];
const SENTENCE_MS = 1_000;

const sentence = (index: number): SessionEvent => ({
  sequence: index,
  headers: {},
  event: {
    name: 'reply.sentence',
    data: { identity, index, text: TEXTS[index]!, speak: true, voice: '', language: 'en', speed: 1 },
  },
});
const speech = (index: number): SessionEvent => ({
  sequence: index,
  headers: {},
  event: {
    name: 'speech.ready',
    data: {
      identity,
      index,
      audio: { key: 'k', contentType: 'audio/mpeg', bytes: 1 },
      durationMs: SENTENCE_MS,
      engine: 'piper',
      voice: 'joe',
      words: [],
    },
  },
});

function playing() {
  const clock = { now: 5_000 };
  const playback = new Playback(() => clock.now);
  for (const index of [0, 1]) playback.follow(sentence(index));
  for (const index of [0, 1]) playback.follow(speech(index));
  return { clock, playback };
}

describe('the playback of a reply', () => {
  it('lasts as long as its sentences, one after the other', () => {
    const { clock, playback } = playing();
    clock.now += 2 * SENTENCE_MS - 1;
    expect(playback.isPlaying).toBe(true);
    clock.now += 1;
    expect(playback.isPlaying).toBe(false);
    expect(playback.interrupt()).toBeUndefined();
  });

  it('tells what was heard when it is interrupted: whole sentences, and the words of the one that is cut', () => {
    const { clock, playback } = playing();
    clock.now += 1.5 * SENTENCE_MS;
    expect(playback.interrupt()).toEqual({ turn: identity.turn, text: 'One two three four. Five six seven' });
    expect(playback.isPlaying).toBe(false);
  });

  it('has nothing to tell of a reply that had hardly begun', () => {
    const { clock, playback } = playing();
    clock.now += 20;
    expect(playback.interrupt()).toEqual({ turn: identity.turn, text: '' });
  });

  it('is over when the client says so', () => {
    const { playback } = playing();
    playback.finish();
    expect(playback.isPlaying).toBe(false);
  });

  it('that pauses goes on where it stopped, and a pause is no part of what was played', () => {
    const { clock, playback } = playing();
    clock.now += SENTENCE_MS / 2;
    expect(playback.pause()).toBe(identity.turn);
    expect(playback.pause()).toBeUndefined();
    clock.now += 10 * SENTENCE_MS;
    expect(playback.isPlaying).toBe(true);
    expect(playback.resume()).toBe(identity.turn);
    expect(playback.resume()).toBeUndefined();
    clock.now += SENTENCE_MS;
    expect(playback.interrupt()).toEqual({ turn: identity.turn, text: 'One two three four. Five six seven' });
  });

  it('that pauses when it is interrupted was played to the pause', () => {
    const { clock, playback } = playing();
    clock.now += 1.5 * SENTENCE_MS;
    playback.pause();
    clock.now += SENTENCE_MS;
    expect(playback.interrupt()?.text).toBe('One two three four. Five six seven');
    expect([playback.isPlaying, playback.resume()]).toEqual([false, undefined]);
  });

  it('has nothing to pause where nothing is played', () => {
    const { clock, playback } = playing();
    clock.now += 2 * SENTENCE_MS;
    expect([playback.pause(), playback.resume()]).toEqual([undefined, undefined]);
  });

  it('begins anew with a sentence that arrives after a silence', () => {
    const { clock, playback } = playing();
    clock.now += 10 * SENTENCE_MS;
    playback.follow(speech(0));
    clock.now += SENTENCE_MS / 2;
    expect(playback.isPlaying).toBe(true);
  });

  it('says when the reply ended that was played last: to its end, said to be played, paused or interrupted', () => {
    const { clock, playback } = playing();
    expect(playback.lastPlayed).toEqual({ turn: identity.turn, until: 7_000 });
    clock.now = 8_000;
    playback.finish();
    expect(playback.lastPlayed).toMatchObject({ until: 7_000 });
    const cut = playing();
    cut.clock.now = 5_600;
    cut.playback.pause();
    cut.clock.now = 5_900;
    expect(cut.playback.lastPlayed).toMatchObject({ until: 5_600 });
    cut.playback.interrupt();
    expect(cut.playback.lastPlayed).toMatchObject({ until: 5_600 });
    expect(new Playback().lastPlayed).toBeUndefined();
  });
});
