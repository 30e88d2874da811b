import { describe, expect, it } from '@jest/globals';
import { CLEAN_REPORT } from '../../../../test/support/groq.js';
import { readReport } from './report-answer.js';

const TRANSCRIPT = 'Yesterday I go to the market, and I go home.';
const anError = (overrides: object = {}) => ({
  text: 'go',
  start: 12,
  end: 14,
  correction: 'went',
  rule: 'past tense',
  explanation: 'Yesterday is over.',
  ...overrides,
});
const read = (answer: unknown) =>
  readReport(typeof answer === 'string' ? answer : JSON.stringify(answer), TRANSCRIPT);
const errorsOf = (...errors: object[]) => {
  const result = read({ ...CLEAN_REPORT, errors });
  return 'value' in result ? result.value.report.errors : result.fault;
};

describe("a model's report", () => {
  it('is read with its scores, also from a code block', () => {
    const plain = read({ ...CLEAN_REPORT, errors: [anError()] });
    expect(plain).toMatchObject({
      value: { report: { errors: [anError()], makesSense: true }, scores: CLEAN_REPORT.scores },
    });
    expect(read(`Here:\n\`\`\`json\n${JSON.stringify(CLEAN_REPORT)}\n\`\`\``)).toHaveProperty('value');
  });

  it.each([
    ['at the nearest occurrence of its words', anError({ start: 30, end: 99 }), { start: 36, end: 38 }],
    ['where its words stand', anError({ text: 'the market', start: 0 }), { start: 18, end: 28 }],
  ])('has each error %s', (_name, error, position) => {
    expect(errorsOf(error)).toMatchObject([position]);
  });

  it('leaves out a correction that changes nothing', () => {
    expect(errorsOf(anError({ correction: 'go' }))).toEqual([]);
  });

  it.each([
    ['words that were not said', { ...CLEAN_REPORT, errors: [anError({ text: 'goed' })] }, /errors\.0\.text/],
    [
      'a score above 100',
      { ...CLEAN_REPORT, scores: { ...CLEAN_REPORT.scores, grammar: 1_000 } },
      /scores\.grammar/,
    ],
    ['a field nobody asked for', { ...CLEAN_REPORT, prompt: 'secret' }, /prompt/],
    ['half an object', '{"errors": [', /no JSON object/],
    ['HTML', '<html>502</html>', /no JSON object/],
    ['nothing', '', /no JSON object/],
    ['a list', '[1, 2]', /no JSON object/],
  ])('is refused with %s, and the fault is named', (_name, answer, fault) => {
    expect(read(answer)).toEqual({ fault: expect.stringMatching(fault) });
  });
});
