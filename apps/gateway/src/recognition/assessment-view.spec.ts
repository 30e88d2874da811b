import { describe, expect, it } from '@jest/globals';
import type { Assessment__Output } from '@parlance/contracts';
import { assessmentView } from './assessment-view.js';

const NONE = { accuracy: null, fluency: null, prosody: null, completeness: null, total: null };

function assessment(change: Partial<Assessment__Output> = {}): Assessment__Output {
  return {
    mode: 'ASSESSMENT_MODE_SCRIPTED',
    text: 'Hello',
    utterance: { ...NONE, confidence: null, clarity: null },
    words: [{ text: 'Hello', accuracy: null, phones: [] }],
    facts: {},
    fluencyFacts: null,
    quality: { clippingShare: 0, peakDbfs: -3, dnsmos: null },
    reasons: [{ code: 'speech.none', message: 'Nobody speaks.', fields: [], words: [], spans: [] }],
    compatibility: { scores: { pronunciation: 80 }, metrics: {} },
    timing: null,
    advice: [],
    curves: null,
    ...change,
  };
}

describe('the view of an assessment', () => {
  it('has null for each field that inference leaves out', () => {
    const view = assessmentView(assessment());
    expect(view.words).toEqual([
      { ...{ text: 'Hello', startMs: null, endMs: null }, accuracy: null, logLikelihood: null, phones: [] },
    ]);
    expect(view).toMatchObject({ mode: 'scripted', facts: null, fluencyFacts: null, timing: null });
    expect(view.quality).toEqual({
      ...{
        loudnessLufs: null,
        signalToNoiseDb: null,
        noiseLevelDbfs: null,
        clippingShare: 0,
        peakDbfs: -3,
        dnsmos: null,
      },
    });
    expect(view.compatibility.scores).toEqual({
      ...{ pronunciation: 80, confidence: null, clarity: null },
      ...{ responseTime: null, interactionFlow: null, combined: null },
    });
    expect(Object.values(view.compatibility.metrics)).toEqual(Array.from({ length: 7 }, () => null));
  });

  it('has advice that is about no sound without one', () => {
    const item = { code: 'pause.plan', message: 'Pause less.', words: [], spans: [] };
    const { advice } = assessmentView(assessment({ advice: [item] }));
    expect(advice).toEqual([{ ...item, phone: null, substitution: null }]);
  });

  it('has no pitch where the curve over gRPC has 0', () => {
    const curves = { stepMs: 40, pitchHz: [0, 180], energyDbfs: [-80, -20] };
    expect(assessmentView(assessment({ curves })).curves).toEqual({ ...curves, pitchHz: [null, 180] });
  });

  it('is free where no text was given, and keeps what is known', () => {
    const timing = { gapMs: -200, answerMs: 900, lapseMs: 0 };
    const view = assessmentView(assessment({ mode: 'ASSESSMENT_MODE_FREE', facts: { pauses: 2 }, timing }));
    expect(view).toMatchObject({ mode: 'free', facts: { pauses: 2 }, timing });
  });
});
