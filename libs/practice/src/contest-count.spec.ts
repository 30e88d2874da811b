import { describe, expect, it } from '@jest/globals';
import type { Contest, ContestEntry } from '@parlance/contracts';
import { countTurn, isInContest, scoreOf, withTurn, type SpokenTurn } from './contest-count.js';

const CONTEST: Contest = {
  title: 'March',
  kind: 'words_in_all',
  language: 'en',
  starts_at: '2026-03-01T00:00:00.000Z',
  ends_at: '2026-03-08T00:00:00.000Z',
  time_zone: 'Pacific/Auckland',
  targets: [],
};
const ENTRY: ContestEntry = {
  name: 'Ada',
  joined_at: '2026-03-02T12:00:00.000Z',
  words: 0,
  days: {},
  different: [],
  different_words: 0,
  turns: 0,
  said: [],
  refused: { repetition: 0, playback: 0, speed: 0 },
  counted: {},
};
const NOTHING = { replies: [], turns: [] };
const STORY =
  'Yesterday I went to the market with my sister because we wanted to buy fresh bread and some cheese for dinner';

function spoken(text: string, more: Partial<SpokenTurn> = {}): SpokenTurn {
  return {
    text,
    language: 'en',
    createdAt: new Date('2026-03-03T10:00:00Z'),
    words: [{}],
    measures: { speechRateWpm: 140, speechMs: 8_000 },
    ...more,
  };
}

describe('the words of a turn', () => {
  it('all count in plain speech', () => {
    expect(countTurn(spoken(STORY), NOTHING)).toEqual({ words: expect.arrayContaining(['sister', 'bread']) });
    expect(countTurn(spoken(STORY), NOTHING).words).toHaveLength(21);
  });

  it('are those of the language where they are written without spaces', () => {
    const { words } = countTurn(spoken('私は毎日学校に行きます。', { language: 'ja' }), NOTHING);
    expect(words).toEqual(expect.arrayContaining(['毎日', '学校']));
  });

  it('count once each where the turn repeats itself', () => {
    const { words, refusal } = countTurn(spoken('banana apple '.repeat(30)), NOTHING);
    expect([words, refusal]).toEqual([['banana', 'apple'], 'repetition']);
    // A short answer that says a word again is no loop.
    expect(countTurn(spoken('Yes, yes, I do, I do.'), NOTHING).refusal).toBeUndefined();
  });

  it('count none where the turn says again what was said before', () => {
    expect(countTurn(spoken(STORY), { replies: [], turns: ['Hello.', STORY] })).toEqual({
      words: [],
      refusal: 'repetition',
    });
    expect(countTurn(spoken('Yes, I do.'), { replies: [], turns: ['Yes, I do.'] }).words).toHaveLength(3);
  });

  it('count none where the turn is the platform’s own voice, also recognised with an error', () => {
    const reply = 'So you are talking about the market. What else can you tell me about your sister?';
    const played = 'so you are talking about the market what else could you tell me about your sister';
    expect(countTurn(spoken(played), { replies: [reply], turns: [] })).toEqual({
      words: [],
      refusal: 'playback',
    });
    const answer = 'My sister is a doctor and she works in a hospital in the south of the city';
    expect(countTurn(spoken(answer), { replies: [reply], turns: [] }).refusal).toBeUndefined();
  });

  it('count none where it is faster than people speak', () => {
    const fast = spoken(STORY, { measures: { speechRateWpm: 420, speechMs: 2_800 } });
    expect(countTurn(fast, NOTHING)).toEqual({ words: [], refusal: 'speed' });
  });
});

describe('an entry of a contest', () => {
  it.each([
    ['before it begins', '2026-02-28T23:59:59Z', {}, false],
    ['before the learner joined', '2026-03-02T11:59:59Z', {}, false],
    ['from then on', '2026-03-02T12:00:00Z', {}, true],
    ['at its end', '2026-03-08T00:00:00Z', {}, false],
    ['that is typed', '2026-03-03T00:00:00Z', { words: [], measures: undefined }, false],
    ['that a client says it has recognised', '2026-03-03T00:00:00Z', { measures: undefined }, false],
    ['in another language', '2026-03-03T00:00:00Z', { language: 'de' }, false],
  ])('counts a turn %s: %s', (_, at, more, counts) => {
    expect(isInContest(spoken(STORY, { createdAt: new Date(at), ...more }), CONTEST, ENTRY)).toBe(counts);
  });

  it("counts words by the contest's days, different words and targets", () => {
    // The same evening in UTC is two days in Auckland.
    const first = withTurn(
      ENTRY,
      CONTEST,
      spoken('I like green tea', { createdAt: new Date('2026-03-03T10:59:00Z') }),
      NOTHING,
    );
    const entry = withTurn(
      first,
      CONTEST,
      spoken('I like tea very much', { createdAt: new Date('2026-03-03T11:01:00Z') }),
      NOTHING,
    );
    expect(entry).toMatchObject({ words: 9, turns: 2, days: { '2026-03-03': 4, '2026-03-04': 5 } });
    expect(scoreOf(entry, 'words_in_all')).toBe(9);
    expect(scoreOf(entry, 'words_a_day')).toBe(5);
    expect(scoreOf(entry, 'different_words')).toBe(6);
    expect(scoreOf(ENTRY, 'words_a_day')).toBe(0);
    const contest: Contest = {
      ...CONTEST,
      kind: 'target_words',
      targets: ['Green tea', 'look forward to', 'teapot'],
    };
    const hit = withTurn(ENTRY, contest, spoken('I look forward to it, with green TEA.'), NOTHING);
    expect([hit.different, scoreOf(hit, 'target_words')]).toEqual([['green tea', 'look forward to'], 2]);
    const again = withTurn(hit, contest, spoken('Green tea, please.'), NOTHING);
    expect(scoreOf(again, 'target_words')).toBe(2);
    const elsewhere = withTurn(hit, contest, spoken('I look forward to it with GREEN tea'), NOTHING);
    expect([elsewhere.words, elsewhere.refused.repetition]).toEqual([hit.words, 1]);
    const played = withTurn(ENTRY, contest, spoken(STORY + ' green tea'), { replies: [STORY], turns: [] });
    expect([scoreOf(played, 'target_words'), played.refused.playback]).toEqual([0, 1]);
  });
});
