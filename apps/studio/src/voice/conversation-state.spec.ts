import { describe, expect, it } from '@jest/globals';
import { VOICE_SERVER_EVENTS } from '@parlance/contracts';
import {
  afterEvent,
  afterTyping,
  INITIAL_STATE,
  wordIn,
  type ConversationState,
} from './conversation-state.js';
import type { ServerEvent, ServerEventName } from './voice-events.js';

const sessionId = '01JE0000000000000000000001';
const messageId = '01JE0000000000000000000002';
const SCORES = { fluency: 1, pace: 2, pauses: 3, soundQuality: 4, overall: 5 };

const SCORE = { value: 81, low: 70, high: 90 };
const FLAT_SCORES = {
  ...{ pronunciation: null, confidence: null, clarity: null },
  ...{ responseTime: null, interactionFlow: null, combined: null },
};
const FLAT_METRICS = {
  ...{ wordAccuracy: null, phonemeAccuracy: null, volumeLevel: null, speakingRate: null },
  ...{ pauseFrequency: null, noiseLevel: null, contextRelevance: null },
};
const ASSESSMENT = {
  mode: 'free',
  text: 'Hello.',
  utterance: {
    ...{ accuracy: SCORE, fluency: null, prosody: null, completeness: null },
    ...{ total: SCORE, confidence: SCORE, clarity: SCORE },
  },
  words: [
    {
      ...{ text: 'Hello', startMs: 0, endMs: 400, accuracy: SCORE, logLikelihood: -1 },
      phones: [{ phone: 'HH', startMs: 0, endMs: 90, accuracy: SCORE, logPosterior: -1, substitution: null }],
    },
  ],
  facts: null,
  fluencyFacts: null,
  quality: {
    loudnessLufs: -20,
    signalToNoiseDb: 20,
    clippingShare: 0,
    peakDbfs: -3,
    noiseLevelDbfs: -60,
    dnsmos: null,
  },
  reasons: [
    {
      ...{ code: 'text.too_short', message: 'Fluency and prosody need at least three words.' },
      ...{ fields: ['utterance.fluency', 'utterance.prosody'], words: [], spans: [] },
    },
  ],
  compatibility: { scores: FLAT_SCORES, metrics: FLAT_METRICS },
};

/** The state after events, each of which the platform could send: its own schema has read it. */
function after(...events: readonly (readonly [ServerEventName, object])[]): ConversationState {
  return events.reduce((state, [name, fields]) => {
    const event = VOICE_SERVER_EVENTS[name].parse({ sessionId, ...fields });
    return afterEvent(state, { name, event } as unknown as ServerEvent);
  }, INITIAL_STATE);
}

const interim = (text: string, committedLength: number) =>
  [
    'voice:transcribed',
    { text, committedLength, language: 'en', isFinal: false, utteranceId: 'one' },
  ] as const;
const final = (text: string) =>
  [
    'voice:transcribed',
    { text, committedLength: text.length, language: 'en', isFinal: true, utteranceId: 'one' },
  ] as const;
const thinking = ['voice:processing', { status: 'thinking', messageId }] as const;
const response = (text: string, metadata: object) =>
  [
    'voice:response',
    { messageId, text, shouldSpeak: false, audio: null, metadata: { sequence: 1, ...metadata } },
  ] as const;

describe('what the page knows of a conversation', () => {
  it('has the words that may still change apart from those that will not', () => {
    expect(after(interim('it is of', 5)).open).toEqual({ text: 'it is of', committedLength: 5 });
    expect(after(interim('it is of', 5), final('It is of.'))).toMatchObject({
      open: { text: '', committedLength: 0 },
      finals: 'It is of.',
    });
  });

  it('makes a turn of the finals before it', () => {
    const { turns, finals, activity } = after(final('One.'), final('Two.'), thinking);
    expect([finals, activity]).toEqual(['', 'thinking']);
    expect(turns).toMatchObject([{ id: messageId, said: 'One. Two.', status: 'thinking' }]);
  });

  it('has what was typed at once, before or behind the first sentence of its reply', () => {
    const sentence = response('First.', { part: 'sentence', index: 0 });
    for (const state of [after(thinking), after(thinking, sentence)])
      expect(afterTyping(state, messageId, '<b>Hi</b>').turns).toMatchObject([{ said: '<b>Hi</b>' }]);
  });

  it('puts the sentences of a reply in their order, whichever comes first, each once', () => {
    const sentence = (text: string, index: number) => response(text, { part: 'sentence', index });
    const state = after(thinking, sentence('Second.', 1), sentence('First.', 0), sentence('First.', 0));
    expect(state.turns[0]!.sentences.map((one) => one?.text)).toEqual(['First.', 'Second.']);
    expect(state.turns).toHaveLength(1);
  });

  it('has the scores and the transcript of a whole reply', () => {
    const whole = response('First.', {
      part: 'reply',
      sentences: 1,
      scores: SCORES,
      transcript: { text: 'What was said.', language: 'en' },
    });
    expect(after(thinking, whole).turns[0]).toMatchObject({
      said: 'What was said.',
      length: 1,
      scores: SCORES,
      status: 'answered',
    });
  });

  it('has how an utterance was spoken, behind its turn or before it', () => {
    const assessed = ['voice:assessed', { messageId, utteranceId: 'one', assessment: ASSESSMENT }] as const;
    for (const state of [
      after(final('Hello.'), thinking, assessed),
      after(final('Hello.'), assessed, thinking),
    ])
      expect(state.turns).toMatchObject([
        {
          id: messageId,
          said: 'Hello.',
          assessment: { words: ASSESSMENT.words, reasons: ASSESSMENT.reasons },
        },
      ]);
  });

  it('notes where a reply was interrupted, also when its end comes behind', () => {
    const state = after(
      thinking,
      ['voice:interrupted', { messageId, played: 'First.' }],
      response('First. Second.', { part: 'reply', sentences: 2 }),
    );
    expect(state.turns[0]).toMatchObject({ status: 'interrupted', played: 'First.' });
  });

  it('says what failed, and of which turn', () => {
    const error = { code: 'upstream.unavailable', message: 'Away.', retryable: true, requestId: 'r' };
    const state = after(thinking, ['voice:error', { messageId, error }]);
    expect(state.problem).toMatchObject({ code: 'upstream.unavailable' });
    expect(state.turns[0]!.status).toBe('failed');
  });

  it('has the summary of a session that has ended', () => {
    const metrics = { durationMs: 1, turns: 2, spokenWords: 30, speakingMs: 1, scores: null };
    expect(after(['voice:ended', { duration: 1, metrics }])).toMatchObject({
      connection: 'ended',
      summary: { turns: 2, words: 30 },
    });
  });
});

describe('a word of a spoken sentence', () => {
  const words = ['the', 'first', 'the', 'fifty', 'last'].map((text) => ({ text }));
  const marked = (index: number): string | undefined => {
    const text = 'the first, the 50 last.';
    const found = wordIn(text, words, index);
    return found && `${found.start} ${text.slice(found.start, found.end)}`;
  };

  it('is found in the text with its punctuation, the second of two the same too', () => {
    expect([0, 1, 2, 4].map(marked)).toEqual(['0 the', '4 first', '11 the', '18 last']);
  });

  it('is not marked where it is written in another way than spoken', () => {
    expect(marked(3)).toBeUndefined();
  });
});
