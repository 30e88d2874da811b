import { describe, expect, it } from '@jest/globals';
import type { AssessmentJson, StreamingRecognizeResponse } from '@parlance/contracts';
import { AppError } from '@parlance/errors';
import { AskedQuestion } from './answered-question.js';
import { assessmentOf, type AssessedSpeech } from './assessment.js';
import { LiveAssessments } from './live-assessments.js';

const SOUND = { samples: new Float32Array(16_000).fill(0.1), probabilities: new Float32Array(31).fill(0.9) };
const SPAN = { id: 'u1', startMs: 5_000, endMs: 6_000 };
const SPOKEN = {
  words: [{ text: ' Hello', startMs: 5_200, endMs: 5_700, tokens: [1], confidence: 0.9 }],
  language: 'en',
};

type Assess = (speech: AssessedSpeech) => Promise<AssessmentJson>;

function open(assess: Assess) {
  const sent: NonNullable<StreamingRecognizeResponse['assessment']>[] = [];
  const warned: unknown[] = [];
  const gone = new AbortController();
  const assessments = new LiveAssessments(
    { assess },
    'Hello there',
    { signal: gone.signal, send: async (event) => void sent.push(event.assessment!) },
    { warn: (fault: unknown) => warned.push(fault) } as never,
  );
  const codes = () => sent.map(({ assessment }) => assessment?.reasons?.[0]?.code);
  return { assessments, sent, warned, codes };
}

describe('the assessments of a live stream', () => {
  it('follow the utterances in order, with times from the start of each', async () => {
    const seen: AssessedSpeech[] = [];
    const { assessments, sent } = open(async (speech) => {
      seen.push(speech);
      return assessmentOf(speech, undefined);
    });
    assessments.push(SPAN, SOUND, SPOKEN);
    assessments.push({ ...SPAN, id: 'u2' }, SOUND, SPOKEN);
    await assessments.flush();
    expect(sent.map(({ utteranceId }) => utteranceId)).toEqual(['u1', 'u2']);
    expect(seen[0]).toMatchObject({
      expectedText: 'Hello there',
      recognised: { text: 'Hello', words: [{ text: 'Hello', startMs: 200, endMs: 700 }] },
    });
  });

  it('time the first utterance from the end of what it answers, and tell later ones the question alone', async () => {
    const seen: AssessedSpeech[] = [];
    const { assessments } = open(async (speech) => {
      seen.push(speech);
      return assessmentOf(speech, undefined);
    });
    const question = AskedQuestion.read({ text: 'Who is it?', endedAgoMs: 700 }, 5_100);
    for (const id of ['u1', 'u2']) assessments.push({ ...SPAN, id }, { ...SOUND, question }, SPOKEN);
    await assessments.flush();
    expect(seen.map(({ answers }) => answers)).toEqual([
      { text: 'Who is it?', end: { questionEndMs: -600 } },
      { text: 'Who is it?', end: undefined },
    ]);
  });

  it('say that scoring has failed, and go on', async () => {
    let isFirst = true;
    const { assessments, codes, warned } = open(async (speech) => {
      if (!isFirst) return assessmentOf(speech, undefined);
      isFirst = false;
      throw new AppError('inference.overloaded', 'Full.');
    });
    assessments.push(SPAN, SOUND, SPOKEN);
    assessments.push(SPAN, SOUND, SPOKEN);
    await assessments.flush();
    expect(codes()).toEqual(['scores.failed', 'signal_to_noise.no_pause']);
    expect(warned).toHaveLength(1);
  });

  it('leave out scores of an utterance that comes while three wait', async () => {
    const slow = Promise.withResolvers<void>();
    const { assessments, codes } = open(async (speech) => {
      await slow.promise;
      return assessmentOf(speech, undefined);
    });
    for (let i = 0; i < 4; i++) assessments.push(SPAN, SOUND, SPOKEN);
    slow.resolve();
    await assessments.flush();
    expect(codes().filter((code) => code === 'scores.overloaded')).toHaveLength(1);
  });
});
