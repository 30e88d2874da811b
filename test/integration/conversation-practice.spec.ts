/** Questions and reports that language models make, over HTTP with a server that fails on command. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { GroqLanguageModel, LanguageModels } from '@parlance/conversation/language-model/groq.provider';
import { StructuredAnswers } from '@parlance/conversation/language-model/structured-answers.service';
import { TokenUsageService } from '@parlance/conversation/language-model/token-usage.service';
import { questionsQuestion, readQuestions } from '@parlance/conversation/practice/question-request';
import { readSetReport, setReportQuestion } from '@parlance/conversation/practice/set-report-request';
import { GroqServer, type GroqBehaviour } from '../support/groq.js';
import { silentLogger } from '../support/silent-logger.js';

const texts = Array.from({ length: 12 }, (_, index) => `Do you like number ${index}?`);
const QUESTIONS: GroqBehaviour = { reply: JSON.stringify({ questions: texts }) };
const ASKED = ['What do you eat?'];
const TASK = {
  question: questionsQuestion({ language: 'en', level: 'A2' }, { topic: 'food' }, ASKED),
  read: (answer: string) => readQuestions(answer, ASKED),
  usedBy: { tenant: 'acme' },
  purpose: 'practice',
  otherwise: 'question-bank',
} as const;

describe('a practice task of a language model', () => {
  let groq: GroqServer;
  let answers: StructuredAnswers;
  const { signal } = new AbortController();

  beforeAll(async () => {
    groq = await GroqServer.start();
    const of = (model: string) =>
      new GroqLanguageModel({
        apiKey: 'k',
        model,
        baseUrl: `${groq.url}/v1`,
        firstWordMs: 1_000,
        silenceMs: 300,
        breaker: { failures: 1_000, halfOpenAfterMs: 1 },
      });
    const models = new LanguageModels([of('large'), of('small')]);
    answers = new StructuredAnswers(models, new TokenUsageService(new Map(), { count: () => undefined }), silentLogger);
  });
  beforeEach(() => {
    groq.reset();
    groq.usual = QUESTIONS;
  });
  afterAll(() => groq.stop());

  const ask = () => answers.ask(TASK, signal);

  it('is asked for by a strict schema without limits, with the topic as data', async () => {
    expect(await ask()).toEqual({ value: texts, model: 'openai-compatible:large' });
    const { messages, response_format: format } = groq.requests[0]!.body;
    expect(format).toMatchObject({ type: 'json_schema', json_schema: { name: 'questions', strict: true } });
    expect(JSON.stringify(format)).not.toMatch(/minItems|maxItems/);
    expect(JSON.parse(messages[1]!.content)).toMatchObject({ topic: 'food', asked: ['What do you eat?'] });
  });

  // How often: an answer that has begun is not asked for again of the same model.
  it.each<[string, number, GroqBehaviour]>([
    ['breaks off', 1, { cutAfter: '{"questions": ["Do' }],
    ['falls silent', 1, { stallAfter: '{"questions": [' }],
    ['fails', 3, { status: 500 }],
    ['answers with its instructions', 2, 'echo'],
    ['answers with nothing', 3, 'empty'],
    ['answers with prose', 2, { reply: 'Here are ten questions for you.' }],
    ['repeats a question', 2, { reply: JSON.stringify({ questions: texts.map(() => texts[0]) }) }],
  ])('goes to the next model where one %s', async (_, times, behaviour) => {
    groq.next.push(...Array.from({ length: times }, () => behaviour));
    const told = await ask();
    expect(told?.value).toEqual(texts);
    expect([told?.model, groq.requests.length]).toEqual(['openai-compatible:small', times + 1]);
  });

  it('is done otherwise where all models are down, and where their answers never fit', async () => {
    groq.downModels.add('large').add('small');
    expect(await ask()).toBeUndefined();
    groq.downModels.clear();
    groq.usual = { reply: JSON.stringify({ questions: ['What do you eat?', ...texts] }) };
    expect(await ask()).toBeUndefined();
    // Each model was told what was wrong, once.
    const corrections = groq.requests.filter(({ body }) => body.messages.length === 4);
    expect(corrections.map(({ body }) => body.messages[3]!.content)).toEqual([
      expect.stringContaining('was asked before'),
      expect.stringContaining('was asked before'),
    ]);
  });

  it('reports on all answers with their questions', async () => {
    const given = [{ question: 'q1', asked: 'Where do you live?', text: 'I lives in Rome.' }];
    const error = { text: 'lives', correction: 'live', rule: 'agreement', explanation: 'I live.' };
    const answer = { question: 'q1', makesSense: true, errors: [error], improved: 'I live in Rome.' };
    groq.usual = { reply: `\`\`\`json\n${JSON.stringify({ answers: [answer] })}\n\`\`\`` };
    const told = await answers.ask(
      {
        question: setReportQuestion({ language: 'en', level: 'A2' }, given),
        read: (text) => readSetReport(text, given),
        usedBy: { tenant: 'acme' },
        purpose: 'practice',
        otherwise: 'builtin-coach',
      },
      signal,
    );
    expect(told?.value).toEqual([
      { question: 'q1', uncertain: false, makes_sense: true, errors: [error], improved: 'I live in Rome.' },
    ]);
    expect(groq.requests[0]!.body.messages[1]!.content).toContain('Where do you live?');
  });
});
