import { describe, expect, it } from '@jest/globals';
import type { AssessmentJson } from '@parlance/contracts';
import { assessmentReport } from './assessment-report.js';

const score = (value: number) => ({ value, low: value - 8.4, high: value + 8.4 });
const none = { responseTime: 92.7, interactionFlow: null };

const ASSESSMENT: AssessmentJson = {
  mode: 'scripted',
  text: 'Where is it?',
  utterance: {
    accuracy: score(70),
    fluency: null,
    prosody: null,
    completeness: score(90),
    total: score(68),
    confidence: score(56),
    clarity: score(80),
  },
  words: [
    { text: 'Where', startMs: 200, endMs: 400, accuracy: score(90), logLikelihood: -0.2, phones: [] },
    {
      ...{ text: 'is', startMs: 1_400, endMs: 1_600, accuracy: score(40), logLikelihood: -0.2 },
      phones: [
        {
          ...{ phone: 'IH', startMs: 1_400, endMs: 1_500, accuracy: score(35), logPosterior: -1 },
          substitution: { phone: 'IY', probability: 0.7 },
        },
      ],
    },
  ],
  facts: null,
  fluencyFacts: {
    speechRateWpm: 100,
    articulationRateWpm: 163.6,
    phonationTimeRatio: 0.61,
    pauses: [{ startMs: 700, endMs: 1_400, length: 'medium', location: 'phrase', word: 1 }],
    meanLengthOfRun: 1.5,
    disfluencies: [{ kind: 'filler', words: [1], startMs: 500, endMs: 700 }],
  },
  quality: {
    ...{ loudnessLufs: -23.1, signalToNoiseDb: null, clippingShare: 0, peakDbfs: -3, noiseLevelDbfs: -61 },
    dnsmos: { signal: 3.5, background: 4, overall: 3.2 },
  },
  timing: { gapMs: 850, answerMs: 2_000, lapseMs: 0 },
  reasons: [
    {
      ...{ code: 'word.mispronounced', message: 'Hard to recognise.', fields: ['utterance.accuracy'] },
      ...{ words: [1], spans: [{ startMs: 1_400, endMs: 1_600 }] },
    },
  ],
  advice: [
    {
      ...{ code: 'sound.practise', message: 'IH sounded like IY: relax the tongue.', phone: 'IH' },
      ...{ substitution: 'IY', words: [1], spans: [{ startMs: 1_400, endMs: 1_500 }] },
    },
  ],
  curves: null,
  compatibility: {
    scores: { pronunciation: 70, confidence: 56, clarity: 80, combined: 68, ...none },
    metrics: {
      ...{ wordAccuracy: 65, phonemeAccuracy: 35, volumeLevel: -23.1, speakingRate: 100 },
      ...{ pauseFrequency: 33, noiseLevel: -61, contextRelevance: null },
    },
  },
};

describe('the report of an assessment', () => {
  const lines = assessmentReport(ASSESSMENT).split('\n');

  it('has each score with its interval, and a dash where there is none', () => {
    expect(lines).toContain('  accuracy       70  (62–78)');
    expect(lines).toContain('  fluency         –');
  });

  it('names the sounds of a word that were not right, and where', () => {
    expect(lines).toContain('  Where          90  (82–98)');
    expect(lines).toContain('  is             40  (32–48)  at 1.40 s: IH 35 sounds like IY');
  });

  it('says reasons with their words and moments', () => {
    expect(lines).toContain('  word.mispronounced: Hard to recognise. (is; 1.40–1.60 s)');
  });

  it('says what to practise, where there is something', () => {
    expect(lines).toContain('What to practise');
    expect(lines).toContain('  IH sounded like IY: relax the tongue.');
    expect(assessmentReport({ ...ASSESSMENT, advice: [] })).not.toContain('What to practise');
  });

  it('has facts of fluency and of the recording', () => {
    expect(lines).toContain('  pauses        1, of them 0 of 1 s or more');
    expect(lines).toContain('  filler        1');
    expect(lines).toContain('  speech/noise  –');
    expect(lines).toContain('  gap           0.8 s from the end of the question');
    expect(lines).toContain('  response time  93');
    expect(lines).toContain('  relevance       –');
  });

  it('of what nobody could score has no words', () => {
    const words = ASSESSMENT.words.map((word) => ({ ...word, accuracy: null, phones: [] }));
    const report = assessmentReport({ ...ASSESSMENT, mode: 'free', text: '', words, fluencyFacts: null });
    expect(report).toContain('Recognised: –');
    expect(report).not.toContain('Words');
  });
});
