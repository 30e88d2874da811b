/** Assessments through a real gateway and a real inference, by synthetic models of scores: what is said of real audio and of bad input.
 *  How well scores agree with raters is training/scores' business. */
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { AssessmentJson, AssessRequest, AssessResponse__Output } from '@parlance/contracts';
import { GatewayClient } from '../support/gateway-client.js';
import { ask } from '../support/inference-process.js';
import { API_KEY, Platform } from '../support/platform.js';
import { PublicSpeechClient } from '../support/public-speech-client.js';
import { runParlance } from '../support/run-parlance.js';
import { ScoringModelFolder } from '../support/scoring-models.js';
import { fileAs, noisePcm, READ_SPEECH, speechAs, speechFile } from '../support/speech-samples.js';

const PATH = '/api/v1/assessments';
const STATION = 'Could you tell me where the nearest station is?';
const LETTER = 'It is of the first importance that the letter used should be fine in form.';
const UNSCORED = [null, null, null, null, null, null, null];

type Answer = AssessmentJson & {
  readonly recognised: { readonly text: string; readonly language: string; readonly audioMs: number };
};

jest.setTimeout(120_000);

let models: ScoringModelFolder;
let platform: Platform;
let client: GatewayClient;

beforeAll(async () => {
  models = await ScoringModelFolder.make();
  platform = await Platform.start({
    services: ['inference'],
    inference: { PARLANCE_SCORES: models.path },
  });
  client = new GatewayClient(() => platform.gateway);
}, 180_000);

afterAll(async () => {
  await platform?.stop();
  await models?.remove();
});

const wav = (id: string, filter = 'anull') =>
  Buffer.from(speechAs(id, `-af ${filter} -ar 16000 -ac 1 -f wav`));

async function assess(fields: Readonly<Record<string, string>>, file: Buffer<ArrayBuffer>): Promise<Answer> {
  const { status, text } = await client.upload(PATH, Object.entries(fields), file);
  expect([status, text.slice(0, 300)]).toEqual([200, expect.any(String)]);
  return JSON.parse(text) as Answer;
}

const codesOf = ({ reasons }: AssessmentJson): string[] => reasons.map(({ code }) => code);
const scoresOf = ({ utterance }: AssessmentJson): (number | null)[] =>
  Object.values(utterance).map((score) => score?.value ?? null);

describe('an assessment over HTTP', () => {
  it('scores phones, words and the utterance against a text, each with an interval', async () => {
    const found = await assess({ text: STATION }, wav('en-02'));
    expect(found).toMatchObject({ mode: 'scripted', text: STATION });
    expect(found.words.map(({ text }) => text)).toEqual(STATION.replace('?', '').split(' '));
    const accuracies = found.words.flatMap(({ accuracy, phones }) => [
      accuracy!,
      ...phones.map((phone) => phone.accuracy),
    ]);
    for (const { value, low, high } of [...Object.values(found.utterance), ...accuracies].map(
      (one) => one!,
    )) {
      expect(low).toBeLessThanOrEqual(value);
      expect(high).toBeGreaterThanOrEqual(value);
    }
    const times = found.words.flatMap(({ startMs, endMs }) => [startMs!, endMs!]);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    expect(found.fluencyFacts!.speechRateWpm).toBeGreaterThan(60);
    expect(found.quality.loudnessLufs).toBeLessThan(0);
    expect(found.recognised).toMatchObject({ language: 'en', text: expect.stringContaining('station') });
  });

  it('has every field of the flat view, or a reason why not', async () => {
    const { compatibility, reasons, utterance } = await assess({ text: STATION }, wav('en-02'));
    const { responseTime, interactionFlow, ...known } = compatibility.scores;
    expect([responseTime, interactionFlow, compatibility.metrics.contextRelevance]).toEqual([
      null,
      null,
      null,
    ]);
    expect(known).toEqual({
      pronunciation: utterance.accuracy!.value,
      confidence: utterance.confidence!.value,
      clarity: utterance.clarity!.value,
      combined: utterance.total!.value,
    });
    const { contextRelevance: _, ...metrics } = compatibility.metrics;
    for (const value of Object.values(metrics)) expect(value).toEqual(expect.any(Number));
    const explained = reasons.flatMap(({ fields }) => fields);
    for (const field of ['scores.responseTime', 'scores.interactionFlow', 'metrics.contextRelevance'])
      expect(explained).toContain(`compatibility.${field}`);
  });

  it('has timing and relevance where it is said what was asked and when that ended', async () => {
    const question = { question: 'What would you like to know about this town?', questionEndMs: '-300' };
    const { compatibility, reasons, timing } = await assess({ text: STATION, ...question }, wav('en-02'));
    expect(timing!.gapMs).toBeGreaterThanOrEqual(300);
    expect(compatibility.scores.responseTime).toBeGreaterThan(50);
    expect(compatibility.scores.interactionFlow).toBeGreaterThan(50);
    const explained = reasons.flatMap(({ fields }) => fields);
    expect(explained).not.toContain('compatibility.scores.responseTime');
    // Where the model of sentences is not on this machine, that is told.
    const isExplained = explained.includes('compatibility.metrics.contextRelevance');
    expect(isExplained).toBe(compatibility.metrics.contextRelevance === null);
    const late = await assess({ text: STATION, responseDelayMs: '12000' }, wav('en-02'));
    expect(late.timing!.gapMs).toBe(12_000);
    expect(late.compatibility.scores.responseTime).toBe(0);
  });

  it('scores what is recognised where no text is given, all but completeness', async () => {
    const found = await assess({}, wav(READ_SPEECH.letter));
    expect(found).toMatchObject({ mode: 'free', text: found.recognised.text });
    expect(found.utterance.completeness).toBeNull();
    expect(found.utterance.total).not.toBeNull();
    expect(found.reasons).toContainEqual(
      expect.objectContaining({ code: 'text.recognised', fields: ['utterance.completeness'] }),
    );
  });

  it('tells speech that is not the text, and gives it no score', async () => {
    expect(scoresOf(await assess({ text: LETTER }, wav(READ_SPEECH.letter)))).not.toContain(null);
    const found = await assess({ text: STATION }, wav(READ_SPEECH.letter));
    expect(codesOf(found)).toContain('speech.off_script');
    expect(scoresOf(found)).toEqual(UNSCORED);
    expect(found.compatibility.scores.pronunciation).toBeNull();
  });

  it('says the same of the same recording', async () => {
    const once = await assess({ text: STATION }, wav('en-02'));
    expect(await assess({ text: STATION }, wav('en-02'))).toEqual(once);
  });

  it('moves no score by more than 3 where the recording is 12 dB louder or softer', async () => {
    const middle = await assess({ text: STATION }, wav('en-02', 'volume=-12dB'));
    for (const filter of ['anull', 'volume=-24dB']) {
      const found = scoresOf(await assess({ text: STATION }, wav('en-02', filter)));
      scoresOf(middle).forEach((score, i) => expect(Math.abs(found[i]! - score!)).toBeLessThan(3));
    }
  });

  it.each([
    ['silence', 'Hello there.', 'anullsrc=r=16000:cl=mono:d=3', 'speech.none'],
    ['silence without a text', '', 'anullsrc=r=16000:cl=mono:d=3', 'speech.none'],
    ['a tone', 'Hello there.', 'sine=f=440:r=16000:d=3', 'speech.none'],
  ])('has no score of %s', async (_, text, source, code) => {
    const found = await assess(text ? { text } : {}, Buffer.from(fileAs(source, '-f wav', ['-f', 'lavfi'])));
    expect(codesOf(found)).toContain(code);
    expect(scoresOf(found)).toEqual(UNSCORED);
    expect(found.words.every(({ accuracy }) => accuracy === null)).toBe(true);
  });

  it.each([
    ['2,000 words', 'ship '.repeat(2_000), 'text.too_long'],
    ['another script', 'Добрый день', 'text.empty'],
  ])('has no score against a text of %s', async (_, text, code) => {
    const found = await assess({ text }, wav('en-02'));
    expect(codesOf(found)).toContain(code);
    expect(scoresOf(found)).toEqual(UNSCORED);
  });

  it('takes digits and symbols for what is spoken of them', async () => {
    const found = await assess({ text: `${STATION} 21 % & 7 €` }, wav('en-02'));
    expect(codesOf(found)).toContain('word.pronounced_by_rule');
  });

  it('has facts and no scores of more than 30 s, and refuses more than 2 minutes', async () => {
    const filter = (seconds: number): string => `aloop=loop=-1:size=2e9,atrim=end=${seconds}`;
    const found = await assess({ text: STATION }, wav('en-02', filter(40)));
    expect(codesOf(found)).toContain('audio.too_long');
    expect(scoresOf(found)).toEqual(UNSCORED);
    expect(found.fluencyFacts!.pauses.length).toBeGreaterThan(5);
    expect(await client.upload(PATH, [], wav('en-02', filter(121)))).toMatchObject({
      status: 413,
      error: { code: 'audio.too_long' },
    });
  });

  it('has no score of other languages', async () => {
    const found = await assess({ language: 'de', model: 'whisper-base' }, wav('de-01'));
    expect(codesOf(found)).toContain('language.unsupported');
    expect(scoresOf(found)).toEqual(UNSCORED);
  });

  it.each([
    ['an unknown field', [['txt', 'x']], 400, 'request.invalid'],
    ['a text that is too long', [['text', 'a'.repeat(20_001)]], 400, 'request.invalid'],
    ['a time that is none', [['questionEndMs', 'soon']], 400, 'request.invalid'],
    ['a time that is far away', [['responseDelayMs', '600001']], 400, 'request.invalid'],
    [
      'two ends of one question',
      [
        ['questionEndMs', '0'],
        ['responseDelayMs', '0'],
      ],
      400,
      'request.invalid',
    ],
    ['an unknown model', [['model', 'whisper-none']], 404, 'model.not_found'],
  ] as [string, [string, string][], number, string][])('refuses %s', async (_, fields, status, code) => {
    expect(await client.upload(PATH, fields, wav('en-02'))).toMatchObject({ status, error: { code } });
  });

  it('refuses noise that is no file, an empty file, and callers without a key', async () => {
    expect(await client.upload(PATH, [], Buffer.from(noisePcm(1, 0.1)))).toMatchObject({ status: 415 });
    expect(await client.upload(PATH, [], Buffer.alloc(0))).toMatchObject({ error: { code: 'audio.empty' } });
    const { status } = await fetch(`${platform.gateway.url}${PATH}`, { method: 'POST' });
    expect(status).toBe(401);
  });
});

describe('an assessment over gRPC', () => {
  it('says what HTTP says', async () => {
    const speech = new PublicSpeechClient(platform.gateway.grpcAddress);
    const { assessment } = await ask<AssessRequest, AssessResponse__Output>(
      (request, answer) => speech.client.assess(request, speech.metadata, answer),
      {
        config: { audio: { encoding: 'AUDIO_ENCODING_WAV' } },
        audio: wav('en-02'),
        expectedText: STATION,
      },
    ).finally(() => speech.close());
    const { utterance, words } = await assess({ text: STATION }, wav('en-02'));
    expect(assessment).toMatchObject({ mode: 'ASSESSMENT_MODE_SCRIPTED', utterance });
    expect(assessment!.words.map(({ accuracy }) => accuracy)).toEqual(words.map(({ accuracy }) => accuracy));
    expect(assessment!.compatibility!.scores!.responseTime).toBeUndefined();
  });

  it('counts assessments by mode and outcome', async () => {
    const inference = platform.service('inference');
    const series = 'parlance_assessment_seconds_count{mode="scripted",outcome="scored"}';
    expect(await inference.metric(series)).toBeGreaterThan(3);
  });
});

describe('parlance assess', () => {
  const run = (args: readonly string[]) => {
    const environment = { PARLANCE_URL: platform.gateway.url, PARLANCE_API_KEY: API_KEY };
    return runParlance(['assess', ...args], environment, { folder: models.path });
  };

  it('prints the report, or the whole assessment as JSON', async () => {
    const file = speechFile('en-02');
    const { status, output } = await run([file, '--text', STATION]);
    expect(status).toBe(0);
    expect(output).toMatch(/^Text: Could you[^]*accuracy +\d+ +\(\d+–\d+\)[^]*nearest +\d+/);
    const json = JSON.parse((await run([file, '--text', STATION, '--json'])).output) as Answer;
    expect(json.recognised.text).toContain('station');
  });

  it('says that there is no such file', async () => {
    const { status, errors } = await run(['nowhere.wav']);
    expect([status, errors]).toEqual([expect.any(Number), expect.stringContaining('request.not_found')]);
    expect(status).not.toBe(0);
  });
});

describe('a server without models of scores', () => {
  let other: Platform;
  afterAll(() => other?.stop());

  it('says so, and still measures', async () => {
    other = await Platform.start({ services: ['inference'], inference: { PARLANCE_SCORES: 'none' } });
    const alone = new GatewayClient(() => other.gateway);
    const { text } = await alone.upload(PATH, [['text', STATION]], wav('en-02'));
    const found = JSON.parse(text) as Answer;
    expect(codesOf(found)).toContain('scores.unavailable');
    expect(scoresOf(found)).toEqual(UNSCORED);
    expect(found.compatibility.metrics.speakingRate).toBeGreaterThan(60);
  }, 180_000);
});
