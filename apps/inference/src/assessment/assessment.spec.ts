import { describe, expect, it } from '@jest/globals';
import { assessmentSchema, type AssessmentJson } from '@parlance/contracts';
import type { ScriptedScores } from '@parlance/scoring';
import { assessmentMessage } from './assessment-message.js';
import { assessmentOf, type AssessedSpeech } from './assessment.js';

const FRAME = 512;
const SECONDS = 3;

/** Three words, the last one behind a pause of 700 ms. */
const WORDS = [
  { text: 'Where', startMs: 200, endMs: 500 },
  { text: 'um', startMs: 500, endMs: 700 },
  { text: 'is', startMs: 1400, endMs: 1600 },
  { text: 'it?', startMs: 1600, endMs: 2000 },
];

function speech(change: Partial<AssessedSpeech> = {}): AssessedSpeech {
  const frames = Math.floor((SECONDS * 16_000) / FRAME);
  return {
    samples: Float32Array.from({ length: SECONDS * 16_000 }, (_, i) => 0.1 * Math.sin(i / 3)),
    probabilities: Float32Array.from({ length: frames }, (_, i) => (i > 10 && i < 60 ? 0.9 : 0.02)),
    recognised: { text: 'Where um is it?', language: 'en', words: WORDS },
    expectedText: 'Where is it?',
    ...change,
  };
}

const score = (value: number) => ({ value, low: value - 10, high: Math.min(100, value + 10) });

function scores(change: Partial<ScriptedScores> = {}): ScriptedScores {
  const word = (text: string, accuracy: number, startMs: number) => ({
    ...{ text, startMs, endMs: startMs + 200 },
    accuracy: score(accuracy),
    logLikelihood: Math.log(0.8),
    phones: [
      {
        ...{ phone: 'IH', startMs, endMs: startMs + 200, accuracy: score(accuracy), logPosterior: -1 },
        substitution: accuracy < 60 ? { phone: 'IY', probability: 0.7 } : null,
      },
    ],
  });
  return {
    utterance: {
      accuracy: score(70),
      fluency: score(60),
      prosody: score(65),
      completeness: score(90),
      total: score(68),
    },
    words: [word('Where', 90, 200), word('is', 40, 1400), word('it', 80, 1600)],
    facts: { pause_share: 0.25 } as unknown as ScriptedScores['facts'],
    reasons: [],
    ...change,
  };
}

const codes = ({ reasons }: AssessmentJson): string[] => reasons.map(({ code }) => code);

describe('an assessment', () => {
  it('is of the form that its schema documents', () => {
    const found = assessmentOf(speech(), scores());
    expect(assessmentSchema.parse(found)).toEqual(found);
  });

  it('has confidence from pauses and hesitations, and clarity from the likelihood of the words', () => {
    const { utterance, compatibility } = assessmentOf(speech(), scores());
    // .75 of the time without pauses, three of four words without hesitation
    expect(utterance.confidence!.value).toBeCloseTo(100 * 0.75 * 0.75, 6);
    expect(utterance.clarity!.value).toBeCloseTo(80, 6);
    expect(compatibility.scores).toMatchObject({ pronunciation: 70, combined: 68, responseTime: null });
    expect(compatibility.metrics).toMatchObject({ wordAccuracy: 70, phonemeAccuracy: 70 });
    // One pause in the 1.8 s from the first word to the last one.
    expect(compatibility.metrics.pauseFrequency).toBeCloseTo(60 / 1.8, 3);
  });

  it('names the moments that its scores are low for', () => {
    const { reasons } = assessmentOf(speech(), scores());
    const spansOf = (code: string) => reasons.find((reason) => reason.code === code)?.spans;
    expect(spansOf('word.mispronounced')).toEqual([{ startMs: 1400, endMs: 1600 }]);
    expect(spansOf('phone.substituted')).toEqual([{ startMs: 1400, endMs: 1600 }]);
    expect(spansOf('pause.within_phrase')).toEqual([{ startMs: 700, endMs: 1400 }]);
    expect(spansOf('speech.hesitation')).toEqual([{ startMs: 500, endMs: 700 }]);
  });

  it('has the scores of timing and relevance where it is known what was answered', () => {
    // Speech begins with frame 11: 352 ms.
    const answers = { text: 'What are you looking for?', end: { questionEndMs: 0 } };
    const found = assessmentOf(speech({ answers }), scores(), [], 61);
    expect(found.timing).toEqual({ gapMs: 352, answerMs: 49 * 32, lapseMs: 0 });
    expect(found.compatibility.scores.responseTime).toBe(100);
    expect(found.compatibility.scores.interactionFlow).toBeCloseTo((100 * 1568) / (1568 + 352 - 120), 6);
    expect(found.compatibility.metrics.contextRelevance).toBe(61);
    expect(codes(found)).not.toEqual(expect.arrayContaining(['timing.unknown', 'relevance.unknown']));
    const short = assessmentOf(speech(), scores(), [], 'relevance.too_short');
    expect(short.timing).toBeNull();
    expect(codes(short)).toEqual(expect.arrayContaining(['timing.unknown', 'relevance.too_short']));
  });

  it('of what was recognised has no completeness, and says why', () => {
    const found = assessmentOf(speech({ expectedText: '' }), scores());
    expect(found).toMatchObject({ mode: 'free', text: 'Where um is it?' });
    expect(found.utterance.completeness).toBeNull();
    expect(codes(found)).toContain('text.recognised');
  });

  it('has ratings of the recording, or why it has none', () => {
    const ratings = { signal: 3.5, background: 4, overall: 3.2 };
    const rated = assessmentOf(speech(), undefined, [], 'relevance.unknown', ratings);
    expect(rated.quality.dnsmos).toEqual(ratings);
    const other = assessmentOf(speech(), undefined, [], 'relevance.unknown', 'dnsmos.unavailable');
    expect(other.quality.dnsmos).toBeNull();
    const { fields } = other.reasons.find(({ code }) => code === 'dnsmos.unavailable')!;
    expect(fields).toEqual(['quality.dnsmos']);
  });

  it('without scores has none of those that follow from them, and no fault that lowers one', () => {
    const utterance = { accuracy: null, fluency: null, prosody: null, completeness: null, total: null };
    const reasons = [{ code: 'speech.off_script', message: 'Not the text.' }] as const;
    const found = assessmentOf(speech(), scores({ utterance, words: [], reasons }));
    expect(Object.values(found.utterance)).toEqual(Array.from({ length: 7 }, () => null));
    expect(codes(found)).toEqual([
      ...['speech.off_script', 'dnsmos.live', 'timing.unknown', 'relevance.unknown'],
    ]);
    expect(found.fluencyFacts!.pauses).toHaveLength(1);
  });

  it('of silence says once that nobody speaks', () => {
    const recognised = { text: '', language: '', words: [] };
    const silent = speech({ recognised, probabilities: new Float32Array(93).fill(0.01) });
    const unknown = [{ code: 'speech.none', message: '', fields: [], words: [], spans: [] }];
    const found = assessmentOf(silent, undefined, unknown);
    expect(codes(found).filter((code) => code.startsWith('speech.'))).toEqual(['speech.none']);
    expect(found.fluencyFacts).toBeNull();
  });

  it('goes over gRPC without what is null', () => {
    const { words, quality, compatibility, mode } = assessmentMessage(
      assessmentOf(speech(), scores({ words: [{ ...scores().words[0]!, startMs: null, accuracy: null }] })),
    );
    expect(mode).toBe('ASSESSMENT_MODE_SCRIPTED');
    expect(words![0]).not.toHaveProperty('startMs');
    expect(quality).toHaveProperty('signalToNoiseDb');
    expect(compatibility!.scores).not.toHaveProperty('responseTime');
  });
});
