import { describe, expect, it } from '@jest/globals';
import { codeFrom, entryBody } from './catalogue-bodies.js';
import { CATALOGUE_CHANGE_SCHEMAS, CATALOGUE_NEW_SCHEMAS } from './catalogue.schema.js';
import { parseRequest } from './request-fields.js';

const SCENARIO = {
  title: 'At the Café',
  mode_code: 'conversation',
  level: 'A2',
  language_code: 'fr',
  roles: ['a waiter', 'a guest'],
  goals: ['Order a coffee.', 'Ask for the bill.'],
  opening_line: 'Bonjour !',
  key_phrases: ['un café, s’il vous plaît'],
};
const WEIGHTS = { fluency: 0.4, vocabulary: 0.3, grammar: 0.2, pronunciation: 0.1 };
const MODE = { label: 'Debate', guidelines: 'Mark reasons.', system_prompt: 'Take the other side.' };

const newScenario = (body: object) =>
  parseRequest(CATALOGUE_NEW_SCHEMAS.scenario, entryBody('scenario', body));
const newMode = (body: object) =>
  parseRequest(CATALOGUE_NEW_SCHEMAS.teaching_mode, entryBody('teaching_mode', body));

describe('a new scenario', () => {
  it('has the names of sessions, goals by their texts, roles in order, and a code from its title', () => {
    expect(newScenario(SCENARIO)).toEqual({
      ...{ code: 'at-the-cafe', title: 'At the Café', mode: 'conversation', level: 'A2', languages: ['fr'] },
      roles: { coach: 'a waiter', learner: 'a guest' },
      opening: 'Bonjour !',
      goals: [
        { id: 'goal-1', goal: 'Order a coffee.', keywords: [], questions: [] },
        { id: 'goal-2', goal: 'Ask for the bill.', keywords: [], questions: [] },
      ],
      key_phrases: SCENARIO.key_phrases,
    });
  });

  it.each([
    [{ mode: 'grammar' }, 'mode_code: is another name of mode'],
    [{ goals: [] }, 'goals'],
    [{ goals: [{ id: 'a', goal: 'A', questions: ['No.'] }] }, 'goals.0.questions.0'],
    [{ roles: ['a waiter'] }, 'roles'],
    [{ title: '咖啡馆' }, 'code: is needed'],
    [{ code: { $gt: '' } }, 'code'],
  ])('is refused with its fault: %j', (change, fault) => {
    expect(() => newScenario({ ...SCENARIO, ...change })).toThrow(fault);
  });

  it('is changed in the same forms', () => {
    const change = entryBody('scenario', { opening_line: 'Salut !', goals: ['Pay.'], version: 1 });
    expect(parseRequest(CATALOGUE_CHANGE_SCHEMAS.scenario, change)).toEqual({
      opening: 'Salut !',
      goals: [{ id: 'goal-1', goal: 'Pay.', keywords: [], questions: [] }],
      version: 1,
    });
  });
});

describe('a new teaching mode', () => {
  it.each([{ rubric: { weights: WEIGHTS } }, { rubric: WEIGHTS }, { weights: WEIGHTS }])(
    'has its weights in any place: %j',
    (body) => {
      expect(newMode({ ...MODE, ...body })).toMatchObject({
        ...{ code: 'debate', description: 'Debate', guidelines: ['Mark reasons.'] },
        rubric: { weights: WEIGHTS, scale: { min: 0, max: 5 } },
      });
    },
  );

  it('is refused with weights that do not add up, wherever they are', () => {
    const weights = { ...WEIGHTS, grammar: 0.9 };
    for (const body of [{ rubric: weights }, { weights }])
      expect(() => newMode({ ...MODE, ...body })).toThrow('add up to 1');
  });
});

describe('a code', () => {
  it.each([
    ['At the Café!', 'at-the-cafe'],
    ['3 wishes & more', 'wishes-more'],
    ['Путешествие', undefined],
    ['---', undefined],
    [`${'a'.repeat(63)} b`, 'a'.repeat(63)],
  ])('is made from the title %j', (title, code) => {
    expect(codeFrom(title)).toBe(code);
  });
});
