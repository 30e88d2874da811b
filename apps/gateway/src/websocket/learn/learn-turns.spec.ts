import { describe, expect, it } from '@jest/globals';
import type { TurnEvent } from '@parlance/contracts';
import { aMistake, aReport } from '../../../../../test/support/feedback-factory.js';
import { aResult } from '../../../../../test/support/recognition-factory.js';
import { anIdentity, aSentence } from '../../../../../test/support/turn-factory.js';
import { FeedbackLedger } from '../../live/feedback-ledger.js';
import { LearnTurns } from './learn-turns.js';

const identity = anIdentity();
const { turn } = identity;

const sentence = (index: number, text: string): TurnEvent => ({
  name: 'reply.sentence',
  data: aSentence({ identity, index, text }),
});
const replied: TurnEvent = {
  name: 'turn.replied',
  data: {
    identity,
    text: 'Nice. Why?',
    sentences: 2,
    speak: true,
    model: 'builtin-coach',
    corrections: [],
  },
};
const ready = (index: number) => ({
  identity,
  index,
  audio: { key: `speech/${index}`, contentType: 'audio/mpeg', bytes: 3 },
  durationMs: 800,
  engine: 'local:piper',
  voice: 'joe',
  words: [],
});
const spoken = (index: number): TurnEvent => ({ name: 'speech.ready', data: ready(index) });
const judged = (parts = {}): TurnEvent => ({
  name: 'turn.feedback',
  data: { identity, report: aReport(parts) },
});
const failed: TurnEvent = {
  name: 'turn.failed',
  data: { identity, stage: 'tts', error: { code: 'upstream.unavailable', message: 'gone', retryable: true } },
};

function withTurn(): LearnTurns {
  const turns = new LearnTurns(new FeedbackLedger());
  turns.spoken(aResult({ utteranceId: 'u1' }));
  turns.began({ identity, utteranceId: 'u1' });
  return turns;
}

describe('the turns of a learning session', () => {
  it('are complete when their reply is written and every sentence of it is spoken', () => {
    const turns = withTurn();
    expect(turns.happened(sentence(0, 'Nice.'))).toEqual([]);
    expect(turns.audio(ready(0), Buffer.from([1, 2]), 24_000)).toMatchObject({
      type: 'audio',
      turn_id: turn,
      index: 0,
      text: 'Nice.',
      data: 'AQI=',
      sample_rate: 24_000,
      duration_ms: 800,
    });
    expect(turns.happened(spoken(0))).toEqual([]);
    expect(turns.happened(replied)).toEqual([]);
    expect(turns.happened(spoken(1))).toMatchObject([
      { type: 'turn_complete', turn_id: turn, utterance_id: 'u1', status: 'answered', text: 'Nice. Why?' },
    ]);
    expect(turns.isOpen(turn)).toBe(false);
  });

  it('are told their feedback with the scores of what was said, before or after they are complete', () => {
    const turns = withTurn();
    expect(turns.happened(judged())).toMatchObject([
      { type: 'feedback', turn_id: turn, utterance_id: 'u1', scores: { overall: 86 }, report: aReport() },
    ]);
    expect(turns.happened(failed)).toMatchObject([{ type: 'turn_complete', status: 'failed', model: '' }]);
    expect(turns.happened(judged())).toHaveLength(1);
  });

  it('that are interrupted are complete with what was played, and no more of them is told', () => {
    const turns = withTurn();
    turns.happened(replied);
    expect(turns.interrupted({ turn, text: 'Nice.' })).toMatchObject([
      { type: 'turn_complete', status: 'interrupted', text: 'Nice.' },
    ]);
    expect(turns.audio(ready(1), Buffer.alloc(2), 24_000)).toBeUndefined();
    expect(turns.happened(spoken(0))).toEqual([]);
    expect(turns.happened(spoken(1))).toEqual([]);
    expect(turns.interrupted({ turn, text: 'Nice.' })).toEqual([]);
  });

  it('of others change nothing', () => {
    const turns = new LearnTurns(new FeedbackLedger());
    expect(turns.happened(replied)).toEqual([]);
    expect(turns.interrupted({ turn, text: '' })).toEqual([]);
    expect(turns.count).toBe(0);
  });
});

describe('the summary of a learning session', () => {
  it('counts turns, words and errors by rule, and takes the mean of the scores', () => {
    const turns = withTurn();
    const errors = [aMistake(2, 'goed'), aMistake(7, 'home', 'article'), aMistake(9, 'me')];
    turns.happened(judged({ errors }));
    const second = { ...identity, turn: anIdentity().turn };
    const scores = { fluency: 60, pace: 90, pauses: 95, soundQuality: 88, overall: 71.5 };
    turns.spoken(aResult({ utteranceId: 'u2', text: ' It is so.', scores, isFinal: true }));
    turns.began({ identity: second, utteranceId: 'u2' });
    expect(turns.summary(61_000)).toEqual({
      turns: 2,
      words: 6,
      duration_ms: 61_000,
      speech_ms: 4_000,
      mean_scores: { fluency: 70, pace: 90, pauses: 95, soundQuality: 88, overall: 78.8 },
      errors_by_rule: { tense: 2, article: 1 },
      turns_without_feedback: 1,
    });
  });

  it('has no scores where nobody spoke, and counts interims and silence for nothing', () => {
    const turns = new LearnTurns(new FeedbackLedger());
    turns.spoken(aResult({ isFinal: false }));
    turns.spoken(aResult({ text: ' ' }));
    expect(turns.summary(1)).toMatchObject({ turns: 0, words: 0, mean_scores: null, errors_by_rule: {} });
  });
});
