import { describe, expect, it } from '@jest/globals';
import type { SessionEvent } from '@parlance/messaging';
import { aTurn } from '../../../../test/support/turn-factory.js';
import { CoachQuestion } from './coach-question.js';
import type { EndedReply } from './playback.js';

const { identity } = aTurn();
const REPLY = 'Nice. What do you eat for breakfast?';

function replied(text: string): SessionEvent {
  const data = { identity, text, sentences: 2, speak: true, model: 'builtin-coach', corrections: [] };
  return { sequence: 1, headers: {}, event: { name: 'turn.replied', data } };
}

function asking(lastPlayed: EndedReply | undefined, text = REPLY) {
  const question = new CoachQuestion({ lastPlayed }, () => 10_000);
  question.follow(replied(text));
  return question.ask();
}

describe('what an utterance answers', () => {
  it('is the reply before it, with how long ago its sound ended', () => {
    expect(asking({ turn: identity.turn, until: 9_400 })).toEqual({ text: REPLY, endedAgoMs: 600 });
    expect(asking({ turn: identity.turn, until: 10_250 })).toEqual({ text: REPLY, endedAgoMs: -250 });
  });

  it('has no end where the reply was not played, or another one was', () => {
    expect(asking(undefined)).toEqual({ text: REPLY });
    expect(asking({ turn: 'before', until: 9_400 })).toEqual({ text: REPLY });
  });

  it('is nothing before the first reply, and what fits of a long one', () => {
    expect(new CoachQuestion({ lastPlayed: undefined }).ask()).toBeUndefined();
    expect(asking(undefined, 'é'.repeat(5_000))!.text).toHaveLength(4_000);
  });
});
