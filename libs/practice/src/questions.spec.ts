import { describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { QuestionBank } from './question-bank.js';
import { chooseQuestions, NO_HISTORY } from './question-choice.js';
import { templateQuestions } from './question-templates.js';
import { normalized, questionFault, setHash, textHash } from './question-text.js';

const bank = QuestionBank.load();
/** The same numbers each time (Park & Miller 1988). */
function numbers(seed = 7): () => number {
  let state = seed;
  return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
}
const candidates = (texts: readonly string[]) => texts.map((text) => ({ text, by: 'bank' }));

describe('the bank of questions', () => {
  it('has 120 and more in English, and some in German, Spanish and French', () => {
    const count = (language: string) => bank.questions.filter((one) => one.language === language).length;
    expect(count('en')).toBeGreaterThanOrEqual(120);
    for (const language of ['de', 'es', 'fr']) expect(count(language)).toBeGreaterThanOrEqual(20);
    expect(bank.has('fi')).toBe(false);
  });

  it('gives the nearest to the level first, in another order each time', () => {
    const easy = bank.find({ language: 'en', level: 'A1' }, numbers());
    expect(easy.slice(0, 10).every(({ level }) => level === 'A1')).toBe(true);
    expect(bank.find({ language: 'en', level: 'C2' }, numbers())[0]!.level).toBe('B1');
    const other = bank.find({ language: 'en', level: 'A1' }, numbers(8));
    expect(other.slice(0, 10)).not.toEqual(easy.slice(0, 10));
  });

  it('gives those about a topic before all others', () => {
    const found = bank.find({ language: 'en', level: 'A2', topic: 'Food' }, numbers());
    expect(found.slice(0, 8).every(({ topic, text }) => topic === 'food' || text.includes('food'))).toBe(
      true,
    );
  });

  it.each([
    ['no JSON', '{"revision": 1,', /is no JSON/],
    ['a question that stands twice', ['What do you eat?', 'What do you EAT?'], /stands twice/],
    ['a question without its mark', ['What do you eat'], /question mark/],
  ])('refuses a file with %s', (_, questions, message) => {
    const folder = mkdtempSync(join(tmpdir(), 'bank-'));
    const file = join(folder, 'questions.json');
    const groups = [{ language: 'en', topic: 't', level: 'A1', questions }];
    writeFileSync(file, typeof questions === 'string' ? questions : JSON.stringify({ revision: 1, groups }));
    try {
      expect(() => QuestionBank.load(file)).toThrow(message);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe('a question', () => {
  it('is the same in another spelling', () => {
    expect(textHash('What do you eat?')).toBe(textHash('what  do you EAT'));
    expect(normalized('Don’t you?')).toBe("don't you");
    expect(setHash(['A b?', 'C d?'])).toBe(setHash(['c d', 'a b']));
  });

  it.each([
    ['Where do you live?', undefined],
    ['你住在哪里？', undefined],
    ['¿Dónde vives?', undefined],
    ['You live here.', /question mark/],
    ['Why?', /fewer than 2 words/],
    ['**Where** do you live?', /nobody says/],
    [`Where ${'do '.repeat(40)}you live?`, /more than 30 words/],
    [`${'x'.repeat(250)} y?`, /more than 200 characters/],
  ])('“%s” has the fault %s', (text, fault) => {
    if (fault === undefined) expect(questionFault(text)).toBeUndefined();
    else expect(questionFault(text)).toMatch(fault);
  });
});

describe('questions of templates', () => {
  it('ask about each topic in turn, and never the same', () => {
    const made = templateQuestions(['the market', 'your sister', 'The Market', '"}']);
    expect(made.slice(0, 2)).toEqual([
      'What do you like about the market?',
      'When did you last think of your sister?',
    ]);
    expect(new Set(made.map(textHash)).size).toBe(made.length);
    expect(made.map(questionFault)).toEqual(made.map(() => undefined));
    expect(templateQuestions(['rain'])).toHaveLength(12);
  });
});

describe('the choice of ten questions', () => {
  const texts = Array.from({ length: 13 }, (_, index) => `What is number ${index}?`);

  it('has none twice, and takes those first that were not asked yet', () => {
    const first = chooseQuestions(candidates([...texts, ...texts]), NO_HISTORY)!;
    expect(first.questions.map(({ text }) => text)).toEqual(texts.slice(0, 10));
    const second = chooseQuestions(candidates(texts), first.history)!;
    expect(second.questions.slice(0, 3).map(({ text }) => text)).toEqual(texts.slice(10));
    // The rest are those that were asked longest ago.
    expect(second.questions.slice(3).map(({ text }) => text)).toEqual(texts.slice(0, 7));
  });

  it('never makes a set that the learner had, until all were there', () => {
    let history = NO_HISTORY;
    const sets = new Set<string>();
    const random = numbers();
    for (let count = 0; count < 40; count += 1) {
      const chosen = chooseQuestions(candidates(texts), history, random)!;
      sets.add(setHash(chosen.questions.map(({ text }) => text)));
      ({ history } = chosen);
    }
    expect(sets.size).toBe(40);
  });

  it('makes none of too few questions, and no second one of exactly ten', () => {
    expect(chooseQuestions(candidates(texts.slice(0, 9)), NO_HISTORY)).toBeUndefined();
    const ten = candidates(texts.slice(0, 10));
    const only = chooseQuestions(ten, NO_HISTORY)!;
    expect(chooseQuestions(ten, only.history)).toBeUndefined();
  });
});
