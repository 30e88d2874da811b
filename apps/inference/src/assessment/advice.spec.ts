import { describe, expect, it } from '@jest/globals';
import type { FluencyFacts } from '@parlance/analytics';
import type { AssessmentJson } from '@parlance/contracts';
import type { WordScores } from '@parlance/scoring';
import { adviceFor } from './advice.js';
import { SOUND_ADVICE, SUBSTITUTION_ADVICE } from './sound-advice.data.js';

const score = (value: number, half = 10) => ({
  ...{ value, low: Math.max(0, value - half), high: Math.min(100, value + half) },
});

const NONE = { confidence: null, clarity: null, total: null, completeness: null };

function utterance(change: Partial<AssessmentJson['utterance']> = {}): AssessmentJson['utterance'] {
  return { ...NONE, accuracy: score(60), fluency: score(70), prosody: score(75), ...change };
}

/** A word with one sound. */
function word(text: string, phone: string, accuracy: number, replacement?: string): WordScores {
  const span = { startMs: 100, endMs: 300 };
  const substitution = replacement ? { phone: replacement, probability: 0.8 } : null;
  return {
    ...{ text, ...span, accuracy: score(accuracy), logLikelihood: -0.5 },
    phones: [{ phone, ...span, accuracy: score(accuracy), logPosterior: -2, substitution }],
  };
}

function facts(change: Partial<FluencyFacts> = {}): FluencyFacts {
  return {
    ...{ speechRateWpm: 150, articulationRateWpm: 170, phonationTimeRatio: 0.9 },
    ...{ pauses: [], meanLengthOfRun: 6, disfluencies: [], ...change },
  };
}

const pause = (startMs: number): FluencyFacts['pauses'][number] => ({
  ...{ startMs, endMs: startMs + 900, word: 1 },
  length: 'medium',
  location: 'phrase',
});

const codes = (...given: Parameters<typeof adviceFor>): string[] =>
  adviceFor(...given).map(({ code, phone }) => (phone ? `${code} ${phone}` : code));

describe('advice', () => {
  it('says of a replaced sound which word it was in, what was heard, and what the tongue does', () => {
    const [item] = adviceFor(utterance(), [word('think', 'TH', 30, 'S'), word('is', 'IH', 95)], facts());
    expect(item).toMatchObject({ code: 'sound.practise', phone: 'TH', substitution: 'S', words: [0] });
    expect(item!.message).toBe(
      'The sound TH, as in “think”, sounded like S in “think”: bring the tip of the tongue forward until it lies between the teeth; for S it stays behind them.',
    );
    expect(item!.spans).toEqual([{ startMs: 100, endMs: 300 }]);
  });

  it('differs where the fault differs', () => {
    const told = (...[phone, replacement]: [string, string?]) =>
      adviceFor(utterance(), [word('word', phone, 30, replacement)], facts())[0]!.message;
    const all = [told('TH', 'S'), told('TH', 'T'), told('TH'), told('V', 'W'), told('Z', 'S'), told('R')];
    expect(new Set(all).size).toBe(all.length);
  });

  it('begins with the sound that is lowest and most frequent', () => {
    const words = [word('red', 'R', 30, 'L'), word('this', 'DH', 40, 'D'), word('that', 'DH', 40, 'D')];
    expect(codes(utterance(), words, facts())).toEqual(['sound.practise DH', 'sound.practise R']);
  });

  it('has one item of each low score before a second one of any, and three at most', () => {
    const words = [
      word('think', 'TH', 20, 'S'),
      word('very', 'V', 30, 'W'),
      word('red', 'R', 40, 'L'),
      word('zoo', 'Z', 45, 'S'),
    ];
    const halting = facts({ pauses: [pause(500)], articulationRateWpm: 80, speechRateWpm: 60 });
    expect(codes(utterance(), words, halting)).toEqual(['sound.practise TH', 'pause.plan', 'pace.faster']);
    expect(codes(utterance(), words, facts())).toHaveLength(3);
    expect(codes(utterance({ fluency: score(40) }), words, halting)[0]).toBe('pause.plan');
  });

  it('says nothing of a score that is null, or good with its whole interval', () => {
    const words = [word('think', 'TH', 30, 'S')];
    const halting = facts({ pauses: [pause(500)], speechRateWpm: 280 });
    const unknown = { accuracy: null, fluency: null, prosody: null };
    expect(adviceFor(utterance(unknown), words, halting)).toEqual([]);
    const good = { accuracy: score(95), fluency: score(95), prosody: score(95) };
    expect(adviceFor(utterance(good), words, halting)).toEqual([]);
    // The interval of 85 reaches down to 75: it may be no good score.
    expect(codes(utterance({ ...good, fluency: score(85) }), words, halting)).toEqual(['pause.plan']);
  });

  it('says nothing of sounds that are right, or of words that are', () => {
    const fine = word('think', 'TH', 85);
    const within = { ...word('think', 'TH', 30, 'S'), accuracy: score(95) };
    expect(adviceFor(utterance(), [fine, within, { ...fine, accuracy: null }], facts())).toEqual([]);
  });

  it('says of fillers, repetitions and pace what was measured', () => {
    const filler = { kind: 'filler', words: [1], startMs: 0, endMs: 200 } as const;
    const repetition = { kind: 'repetition', words: [2], startMs: 300, endMs: 400 } as const;
    const told = adviceFor(
      utterance({ accuracy: score(95) }),
      [],
      facts({ disfluencies: [filler, filler, repetition], speechRateWpm: 270 }),
    );
    expect(told.map(({ code }) => code)).toEqual(['filler.leave_out', 'pace.slower', 'repetition.go_on']);
    expect(told[0]!.message).toContain('2 times');
    expect(told[0]!.spans).toHaveLength(2);
    expect(told[1]!.message).toContain('270 words a minute');
  });

  it('of a word that became another says so once, not sound by sound', () => {
    const [w, eh, n, t] = [
      word('went', 'W', 60, 'G'),
      word('', 'EH', 36, 'OW'),
      word('', 'N', 43, 'OW'),
      word('', 'T', 90),
    ];
    const went = { ...w!, phones: [w, eh, n, t].flatMap((one) => one!.phones) };
    const [item, ...rest] = adviceFor(utterance(), [word('I', 'AY', 95), went], facts());
    expect(item).toMatchObject({ code: 'word.practise', phone: null, words: [1] });
    expect(item!.message).toContain('“went” were other ones: say it slowly, sound by sound (W EH N T)');
    expect(rest).toEqual([]);
  });

  it('says which words of the text were not heard', () => {
    const words = [word('where', 'W', 90), word('station', 'S', 4)];
    const low = utterance({ accuracy: score(95), completeness: score(50) });
    expect(adviceFor(low, words, facts())).toMatchObject([{ code: 'word.say', words: [1] }]);
  });

  it('has a text for each of the 39 phones, and pairs of those alone', () => {
    expect(Object.keys(SOUND_ADVICE)).toHaveLength(39);
    for (const pair of Object.keys(SUBSTITUTION_ADVICE)) {
      const [expected, replacement] = pair.split('>');
      expect(SOUND_ADVICE).toHaveProperty(expected!);
      expect(SOUND_ADVICE).toHaveProperty(replacement!);
    }
  });
});
