import { describe, expect, it } from '@jest/globals';
import type { ListenEvent } from '@parlance/contracts';
import { ConversationView } from './conversation-view.js';

function results(transcript: string, isFinal: boolean, more: object = {}): ListenEvent {
  return {
    type: 'Results',
    channel_index: [0, 1],
    utterance_id: 'u',
    start: 0,
    duration: 1,
    is_final: isFinal,
    speech_final: isFinal,
    from_finalize: false,
    stable_length: 3,
    stability: 0.5,
    language: 'en',
    channel: {
      alternatives: [
        {
          transcript,
          confidence: 0.9,
          words: [{ word: 'one', start: 0.42, end: 0.8, confidence: 0.97, punctuated_word: 'one' }],
        },
      ],
    },
    metadata: { request_id: 'r', model_uuid: 'm', model_info: { name: 'm', version: 'v', arch: 'whisper' } },
    ...more,
  };
}

describe('ConversationView', () => {
  it('shows each hypothesis once, with a bar behind what will not change', () => {
    const view = new ConversationView();
    expect(view.lines(results('one two', false))).toEqual(['  … one| two']);
    expect(view.lines(results('one two', false))).toEqual([]);
  });

  it('shows a final with its word times and scores', () => {
    const scores = { fluency: 71.6, pace: 80, pauses: 90, soundQuality: 55, overall: 74.2 };
    const lines = new ConversationView().lines(results(' one', true, { scores })).join('\n');
    expect(lines).toContain('heard     one');
    expect(lines).toMatch(/0\.42 – +0\.80 s {2}one +97 %/);
    expect(lines).toContain('overall 74 · fluency 72 · pace 80 · pauses 90 · sound quality 55 (of 100)');
  });

  it('shows what fell back, the mistakes with what to say instead, and the marks', () => {
    const about = { turn: 't', session: 's', sequence: 1 };
    const degraded = [{ stage: 'reply', from: 'groq:a', to: 'builtin-coach', reason: 'timeout' }] as const;
    const replied = {
      type: 'TurnReplied',
      ...about,
      text: 'x',
      sentences: 1,
      model: 'builtin-coach',
    } as const;
    const view = new ConversationView();
    expect(view.lines({ ...replied, corrections: [], degraded: [...degraded] })).toEqual([
      '  fallback  builtin-coach instead of groq:a (timeout)',
      '  answered by builtin-coach',
    ]);
    const report = {
      uncertain: false,
      makesSense: true,
      errors: [
        { start: 2, end: 4, text: 'go', correction: 'went', rule: 'past tense', explanation: 'Past.' },
      ],
      suggestions: ['Say why.'],
      improved: 'I went.',
      rubric: { grammar: 70.4, vocabulary: 60, relevance: 90, coherence: 75, fluency: 80 },
      model: 'groq:a',
    };
    expect(view.lines({ type: 'Feedback', ...about, report })).toEqual([
      '  mistake   go → went (past tense)',
      '  hint      Say why.',
      '  better    I went.',
      '  feedback  grammar 70 · vocabulary 60 · relevance 90 · coherence 75 · fluency 80 (of 100) by groq:a',
    ]);
    const unclear = { ...report, uncertain: true, errors: [], rubric: null };
    expect(view.lines({ type: 'Feedback', ...about, report: unclear })).toEqual([
      '  feedback  too unclear to judge',
    ]);
  });

  it('has nothing to say of an utterance without words', () => {
    expect(new ConversationView().lines(results(' ', true))).toEqual([]);
  });
});
