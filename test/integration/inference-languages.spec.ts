import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { AudioFormat, RecognitionConfig } from '@parlance/contracts';
import { ask, InferenceProcess } from '../support/inference-process.js';
import { fileAs } from '../support/speech-samples.js';
import { alternatingLanguages, type SpokenFixture } from '../support/spoken-fixtures.js';

const PCM: AudioFormat = { encoding: 'AUDIO_ENCODING_PCM_S16LE', sampleRateHz: 16_000, channels: 1 };
const MODEL = 'whisper-base';
const PAUSE = Buffer.alloc(32_000);

function pcmOf({ file }: SpokenFixture): Buffer {
  return fileAs(file, '-ar 16000 -ac 1 -f s16le');
}

describe('inference, languages', () => {
  let inference: InferenceProcess;
  let spoken: ReadonlyMap<string, Buffer>;
  beforeAll(async () => {
    inference = await InferenceProcess.start({ PARLANCE_DEFAULT_MODEL: MODEL });
    const sentences = await alternatingLanguages();
    spoken = new Map(
      ['es', 'fr', 'it'].map((language) => [
        language,
        pcmOf(sentences.find((sentence) => sentence.language === language) as SpokenFixture),
      ]),
    );
  }, 180_000);
  afterAll(() => inference.stop());

  const live = (recognition: RecognitionConfig) =>
    inference.openStream().configure({
      recognition: { audio: PCM, ...recognition },
      mode: 'STREAMING_MODE_LIVE',
      interimResults: true,
    });

  it('tells the language and its probability in interims, finals and the summary', async () => {
    const stream = live({});
    for (const pcm of spoken.values()) await (await stream.send(pcm, 3200, 60)).send(PAUSE);
    expect((await stream.end()).status).toBe(0);
    expect(stream.finals.map(({ language }) => language)).toEqual([...spoken.keys()]);
    for (const result of [...stream.interims, ...stream.finals])
      expect(result.languageProbability).toBeGreaterThan(0);
    for (const final of stream.finals) expect(final.languageProbability).toBeGreaterThan(0.6);
    expect(stream.summary).toMatchObject({ language: 'it' });
    expect(stream.summary?.languageProbability).toBeGreaterThan(0.6);
  }, 120_000);

  it('tells no probability where the language was given', async () => {
    const stream = live({ language: 'es' });
    await (await stream.send(spoken.get('es') as Buffer)).send(PAUSE);
    await stream.end();
    expect(stream.finals[0]).toMatchObject({ language: 'es' });
    expect(stream.finals[0]).not.toHaveProperty('languageProbability');
  }, 120_000);

  it('chooses among the languages allowed, live and as a recording', async () => {
    const languages = ['en', 'fr'];
    const stream = live({ languages });
    await (await stream.send(spoken.get('it') as Buffer)).send(PAUSE);
    await stream.end();
    for (const { language } of stream.finals) expect(languages).toContain(language);
    const audio = spoken.get('it') as Buffer;
    const answer = await ask(inference.speech.recognize.bind(inference.speech), {
      config: { audio: PCM, languages },
      audio,
    });
    expect(languages).toContain(answer.language);
  }, 120_000);

  it.each([
    [
      'an unknown language among those allowed',
      { languages: ['en', 'xx'] },
      'model.language_unsupported',
      "'xx'",
    ],
    [
      'a language that is not among those allowed',
      { language: 'it', languages: ['en', 'es'] },
      'request.invalid',
      "'it'",
    ],
    [
      'an English-only model where English is not allowed',
      { model: 'whisper-tiny.en', languages: ['es', 'fr'] },
      'model.language_unsupported',
      "'es'",
    ],
  ] satisfies [string, RecognitionConfig, string, string][])(
    'refuses %s by name',
    async (_, recognition, code, name) => {
      const end = await live(recognition).end();
      expect(end.code).toBe(code);
      expect(end.details).toContain(name);
    },
    60_000,
  );

  it('lets an English-only model serve where English is allowed', async () => {
    const stream = live({ model: 'whisper-tiny.en', languages: ['en', 'es'] });
    expect((await stream.end()).status).toBe(0);
  }, 60_000);
});
