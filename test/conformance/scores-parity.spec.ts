/** Scores of recordings against training/scores in Python, by synthetic models of fixed seed (test/golden/scores, made by
 *  `bash training/scores/run.sh goldens`); and what bad input gets. */
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { DEFAULT_RUNTIME_OPTIONS, InferenceRuntime } from '@parlance/onnx';
import {
  SCORING_MODELS,
  scoringSource,
  SpeechScorer,
  type ScoringRequest,
  type ScriptedScores,
} from '@parlance/scoring';
import { MODEL_ENVIRONMENT, modelFile, SPINNING } from '../support/models.js';
import { loadAudio } from '../support/recognition-rig.js';
import { ScoringModelFolder, SYNTHETIC_SCORES } from '../support/scoring-models.js';
import { noisePcm, speechFile } from '../support/speech-samples.js';
import { alternatingLanguages, type SpokenFixture } from '../support/spoken-fixtures.js';

interface GoldenRecording {
  readonly id: string;
  readonly words: readonly { readonly text: string; readonly phones: readonly string[] }[];
  readonly segments: readonly (readonly [number, number])[];
  readonly facts: readonly number[];
  readonly likelihoods: readonly number[];
  readonly logPosteriors: readonly number[];
  readonly phoneScores: readonly number[];
  readonly wordScores: readonly number[];
  readonly utterance: readonly (readonly [number, number, number])[];
}

const golden = JSON.parse(await readFile(join(SYNTHETIC_SCORES, 'scores.golden.json'), 'utf8')) as {
  readonly recordings: readonly GoldenRecording[];
};

jest.setTimeout(60_000);

let folder: ScoringModelFolder;
let runtime: InferenceRuntime;
let scorer: SpeechScorer;

beforeAll(async () => {
  folder = await ScoringModelFolder.make();
  runtime = new InferenceRuntime({ ...DEFAULT_RUNTIME_OPTIONS, spinning: SPINNING, models: SCORING_MODELS });
  await runtime.load(
    scoringSource({
      scores: folder.path,
      whisper: join(MODEL_ENVIRONMENT.PARLANCE_MODEL_CACHE, 'whisper-base'),
      voiceActivity: modelFile('silero-vad', 'silero_vad.onnx'),
    }),
  );
  scorer = new SpeechScorer(runtime);
}, 120_000);

afterAll(async () => {
  await runtime.stop();
  await folder.remove();
});

async function samplesOf(id: string, gain = 1): Promise<Float32Array> {
  return Float32Array.from(await loadAudio(speechFile(id)), (sample) => (sample / 32768) * gain);
}

/** Synthetic sentences, three of them. */
async function englishSentences(): Promise<SpokenFixture[]> {
  return (await alternatingLanguages()).filter(({ language }) => language === 'en').slice(0, 3);
}

const score = (samples: Float32Array, text: ScoringRequest['text']): Promise<ScriptedScores> =>
  scorer.score({ samples, text }, { priority: 'final' });

const codesOf = ({ reasons }: ScriptedScores): string[] => reasons.map(({ code }) => code);

function farthest(found: readonly number[], expected: readonly number[]): number {
  expect(found).toHaveLength(expected.length);
  return Math.max(...found.map((value, i) => Math.abs(value - expected[i]!)));
}

/** On the raters' scales: phones 0–2, words and utterances 0–10. */
const clipped = (values: readonly number[], highest: number): number[] =>
  values.map((value) => (Math.min(Math.max(value, 0), highest) / highest) * 100);

describe.each(golden.recordings.map((recording) => [recording.id, recording] as const))(
  'scores of %s against training/scores',
  (id, expected) => {
    let found: ScriptedScores;

    beforeAll(async () => {
      const text = expected.words.map(({ text, phones }) => ({ text, pronunciations: [phones] }));
      found = await score(await samplesOf(id), text);
    });

    it('have the same phones in the same frames, and the same posteriors', () => {
      const phones = found.words.flatMap((word) => word.phones);
      expect(phones.map(({ startMs, endMs }) => [startMs / 20, endMs / 20])).toEqual(expected.segments);
      expect(
        farthest(
          phones.map(({ logPosterior }) => logPosterior),
          expected.logPosteriors,
        ),
      ).toBeLessThan(1e-3);
    });

    it('have the same facts of pauses and likelihoods of the text', () => {
      expect(farthest(Object.values(found.facts!), expected.facts)).toBeLessThan(1e-3);
      expect(
        farthest(
          found.words.map(({ logLikelihood }) => logLikelihood!),
          expected.likelihoods,
        ),
      ).toBeLessThan(1e-3);
    });

    it('are the same to a tenth of a point of 100, with their intervals', () => {
      const values = found.words.flatMap(({ phones }) => phones.map(({ accuracy }) => accuracy.value));
      expect(farthest(values, clipped(expected.phoneScores, 2))).toBeLessThan(0.1);
      expect(
        farthest(
          found.words.map(({ accuracy }) => accuracy!.value),
          clipped(expected.wordScores, 10),
        ),
      ).toBeLessThan(0.1);
      const utterance = Object.values(found.utterance).map((each) => [each!.value, each!.low, each!.high]);
      expect(farthest(utterance.flat(), clipped(expected.utterance.flat(), 10))).toBeLessThan(0.1);
    });

    it('are the same again, bit for bit', async () => {
      const text = expected.words.map(({ text, phones }) => ({ text, pronunciations: [phones] }));
      expect(await score(await samplesOf(id), text)).toEqual(found);
    });
  },
);

describe('what is spoken', () => {
  const TEXT = 'Could you tell me where the nearest station is?';

  it('may be louder or softer without any change of a score', async () => {
    const [clean, soft] = [
      await score(await samplesOf('en-02'), TEXT),
      await score(await samplesOf('en-02', 0.25), TEXT),
    ];
    const values = ({ utterance }: ScriptedScores): number[] =>
      Object.values(utterance).map((each) => each!.value);
    expect(farthest(values(soft), values(clean))).toBeLessThan(0.5);
  });

  it('instead of the text is reported as off script, without scores', async () => {
    const sentences = await englishSentences();
    for (const [i, { file, text }] of sentences.entries()) {
      const samples = await samplesOf(basename(file, '.opus'));
      expect(codesOf(await score(samples, text))).not.toContain('speech.off_script');
      const found = await score(samples, sentences[(i + 1) % sentences.length]!.text);
      expect(codesOf(found)).toEqual(['speech.off_script']);
      expect(Object.values(found.utterance)).toEqual([null, null, null, null, null]);
      expect(found.words.every(({ accuracy, phones }) => accuracy === null && phones.length === 0)).toBe(
        true,
      );
    }
  });
});

describe('bad input gets coded reasons and no scores', () => {
  const silent = new Float32Array(48_000);

  it.each([
    ['silence', silent, 'Hello there.', 'speech.none'],
    ['no samples', new Float32Array(0), 'Hello there.', 'speech.none'],
    ['one sample', Float32Array.of(0.5), 'Hello there.', 'speech.none'],
    ['what are no numbers', new Float32Array(16_000).fill(NaN), 'Hello there.', 'speech.none'],
    ['a text of 2,000 words', silent, 'ship '.repeat(2000), 'text.too_long'],
    ['an empty text', silent, ' … ', 'text.empty'],
    ['a text in another script', silent, 'Добрый день', 'text.empty'],
    ['31 s', new Float32Array(31 * 16_000), 'Hello there.', 'audio.too_long'],
  ])('%s', async (_, samples, text, code) => {
    const found = await score(samples, text);
    expect(codesOf(found)).toEqual([code]);
    expect(Object.values(found.utterance)).toEqual([null, null, null, null, null]);
  });

  it('noise', async () => {
    const pcm = noisePcm(3, 0.1);
    const samples = Float32Array.from(
      new Int16Array(pcm.buffer, pcm.byteOffset, pcm.length / 2),
      (each) => each / 32768,
    );
    expect(codesOf(await score(samples, 'Hello there.'))).toEqual(['speech.none']);
  });

  it('more phones than the recording holds', async () => {
    const samples = (await samplesOf('en-02')).subarray(0, 16_000);
    expect(codesOf(await score(samples.slice(), 'station '.repeat(20)))).toEqual(['text.does_not_fit']);
  });

  it('a text of one word: its phones, but no fluency and no prosody', async () => {
    const samples = (await samplesOf('en-02')).slice(0, 16_000);
    const found = await score(samples, [{ text: 'Could', pronunciations: [['K', 'UH', 'D']] }]);
    expect(codesOf(found)).toContain('text.too_short');
    expect([found.utterance.fluency, found.utterance.prosody]).toEqual([null, null]);
    expect(found.words[0]!.phones).toHaveLength(3);
  });

  it('pronunciations that are none: an error', async () => {
    for (const pronunciations of [[['K', 'QQ']], [[]]])
      await expect(score(silent, [{ text: 'quick', pronunciations }])).rejects.toMatchObject({
        code: 'request.invalid',
      });
  });

  it('words that no dictionary has: scores for the others', async () => {
    const found = await score(await samplesOf('en-02'), 'Could you tell me where the nearest стация is?');
    expect(found.reasons).toEqual([
      { code: 'word.no_pronunciation', message: expect.any(String), words: [7] },
    ]);
    expect(found.words[7]).toMatchObject({ text: 'стация', accuracy: null, startMs: null, phones: [] });
    expect(found.words[8]!.accuracy!.value).toBeGreaterThanOrEqual(0);
  });
});
