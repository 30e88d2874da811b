/** What OpenAI's Node client asks for beside plain requests: names of models, chunking, events of speech, and what is refused. */
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import OpenAI, { toFile } from 'openai';
import type { SpeechCreateParams } from 'openai/resources/audio/speech';
import type {
  TranscriptionCreateParamsBase,
  TranscriptionCreateParamsNonStreaming,
} from 'openai/resources/audio/transcriptions';
import { wavHeader } from '@parlance/audio';
import { MODEL_ENVIRONMENT } from '../support/models.js';
import { API_KEY, Platform } from '../support/platform.js';
import { READ_SPEECH, speechFile, speechPcm, wordsOf } from '../support/speech-samples.js';

const RECORDING = () => toFile(readFileSync(speechFile(READ_SPEECH.letter)), 'letter.ogg');
/** Names of the client's current list. */
const TRANSCRIPTION = [
  ...['gpt-transcribe', 'gpt-4o-transcribe', 'gpt-4o-mini-transcribe', 'whisper-1'],
  ...['gpt-live-transcribe', 'gpt-realtime-whisper'],
];
const SPEECH = ['tts-1', 'tts-1-hd', 'gpt-4o-mini-tts'];

// Machines that test are often busy.
jest.setTimeout(120_000);

describe("OpenAI's Node client", () => {
  let platform: Platform;
  let openai: OpenAI;
  beforeAll(async () => {
    platform = await Platform.start();
    openai = clientOf();
  });
  afterAll(() => platform?.stop());

  const clientOf = (url = platform.gateway.url): OpenAI =>
    new OpenAI({ apiKey: API_KEY, baseURL: `${url}/v1`, maxRetries: 0 });

  it('finds every name of its list, with when the model behind it was installed', async () => {
    const { data } = await openai.models.list();
    expect(data.map(({ id }) => id)).toEqual(expect.arrayContaining([...TRANSCRIPTION, ...SPEECH]));
    const { PARLANCE_MODEL_CACHE: cache, PARLANCE_DEFAULT_MODEL: model } = MODEL_ENVIRONMENT;
    const compiled = Math.floor(statSync(join(cache, model, 'manifest.json')).mtimeMs / 1_000);
    for (const name of [...TRANSCRIPTION, model])
      expect(await openai.models.retrieve(name)).toMatchObject({ id: name, created: compiled });
    for (const name of SPEECH)
      expect((await openai.models.retrieve(name)).created).toBeGreaterThan(1_000_000_000);
  });

  it.each(TRANSCRIPTION)('transcribes by %s', async (model) => {
    const { text } = await openai.audio.transcriptions.create({ file: await RECORDING(), model });
    expect(wordsOf(text)).toContain('letter');
  });

  it('tells how likely each token is, whole and in a stream', async () => {
    // Timestamps are tokens too, which count for the mean and are not told.
    const options = { model: 'whisper-1', language: 'en', without_timestamps: 'true' } as const;
    const { transcriptions } = openai.audio;
    const told = await transcriptions.create({ file: await RECORDING(), include: ['logprobs'], ...options });
    const tokens = told.logprobs ?? [];
    expect(
      Buffer.from(tokens.flatMap(({ bytes = [] }) => bytes))
        .toString()
        .trim(),
    ).toBe(told.text);
    expect(
      tokens
        .map(({ token }) => token)
        .join('')
        .trim(),
    ).toBe(told.text);
    const verbose = await transcriptions.create({
      file: await RECORDING(),
      response_format: 'verbose_json',
      ...options,
    });
    const sum = tokens.reduce((total, { logprob = NaN }) => total + logprob, 0);
    // What is left of the sum is the token that ends the text.
    const end = verbose.segments![0]!.avg_logprob * (tokens.length + 1) - sum;
    expect(end).toBeLessThanOrEqual(1e-3);
    expect(end).toBeGreaterThan(-1);
    const stream = await transcriptions.create({
      file: await RECORDING(),
      include: ['logprobs'],
      stream: true,
      ...options,
    });
    for await (const event of stream)
      if (event.type === 'transcript.text.done') expect(event.logprobs).toEqual(tokens);
  });

  it('has names stand for the models that the configuration says', async () => {
    const gateway = await platform.startGateway({
      PARLANCE_OPENAI_MODELS: 'gpt-4o-transcribe:whisper-base',
      PARLANCE_OPENAI_SPEECH_MODELS: 'tts-1',
    });
    const client = clientOf(gateway.url);
    const file = await toFile(readFileSync('test/fixtures/speech/es-01.opus'), 'pan.ogg');
    // The default model knows English alone.
    const { text } = await client.audio.transcriptions.create({
      file,
      model: 'gpt-4o-transcribe',
      language: 'es',
    });
    expect(text).toMatch(/tienda/);
    const gone = client.audio.transcriptions.create({ file: await RECORDING(), model: 'gpt-transcribe' });
    await expect(gone).rejects.toMatchObject({ status: 404, param: 'model' });
    const spoken = client.audio.speech.create({ input: 'Hello.', model: 'tts-1-hd', voice: 'alloy' });
    await expect(spoken).rejects.toMatchObject({ status: 404, param: 'model' });
    const ids = (await client.models.list()).data.map(({ id }) => id);
    expect(ids).toEqual(expect.arrayContaining(['gpt-4o-transcribe', 'tts-1']));
    expect(ids).not.toEqual(expect.arrayContaining(['tts-1-hd']));
  });

  it('cuts a recording by server_vad: speech under its limits is not heard', async () => {
    // Longer than what a chunk reaches over.
    const pause = Buffer.alloc(6 * 32_000);
    const pcm = Buffer.concat([speechPcm(READ_SPEECH.letter), pause, speechPcm(READ_SPEECH.gothic)]);
    const ask = async (chunking_strategy: TranscriptionCreateParamsBase['chunking_strategy']) => {
      const file = await toFile(Buffer.concat([wavHeader(16_000, 1, pcm.length), pcm]), 'two.wav');
      const answer = await openai.audio.transcriptions.create({
        file,
        model: 'whisper-1',
        response_format: 'verbose_json',
        chunking_strategy,
      });
      return { words: wordsOf(answer.text), segments: answer.segments ?? [] };
    };
    const letterMs = speechPcm(READ_SPEECH.letter).length / 32;
    for (const strategy of ['auto', { type: 'server_vad', silence_duration_ms: 1_000 }] as const) {
      const { words, segments } = await ask(strategy);
      expect(words).toEqual(expect.arrayContaining(['letter', 'theological']));
      const starts = segments.map(({ start }) => start * 1_000);
      // The second chunk begins behind the pause, with the sound before it.
      expect(starts.some((start) => start > letterMs + 4_000)).toBe(true);
    }
    expect((await ask({ type: 'server_vad', threshold: 1 })).words).toEqual([]);
  });

  it('gets speech as server-sent events, with the characters that were spoken', async () => {
    const answer = await openai.audio.speech.create({
      input: 'Good evening.',
      model: 'gpt-4o-mini-tts',
      voice: 'alloy',
      response_format: 'pcm',
      stream_format: 'sse',
    });
    const events = (await answer.text())
      .split('\n\n')
      .filter((event) => event !== '')
      .map((event) => JSON.parse(event.replace(/^data: /, '')) as { type: string; audio?: string });
    expect(events.at(-1)).toEqual({
      type: 'speech.audio.done',
      usage: { input_tokens: 13, output_tokens: 0, total_tokens: 13 },
    });
    const bytes = events.map(({ audio = '' }) => Buffer.from(audio, 'base64').length);
    expect(bytes.reduce((sum, length) => sum + length, 0)).toBeGreaterThan(10_000);
  });

  it.each<[param: string, says: string, asked: Partial<TranscriptionCreateParamsBase>]>([
    ['model', 'whisper-of-nobody', { model: 'whisper-of-nobody' }],
    ['language', 'zh', { model: 'whisper-tiny.en', language: 'zh' }],
    ['response_format', 'speakers are not told apart', { response_format: 'diarized_json' }],
    ['include', 'verbose_json', { include: ['logprobs'], response_format: 'verbose_json' }],
    ['temperature', 'temperature', { temperature: 7 }],
    ['timestamp_granularities', 'verbose_json', { timestamp_granularities: ['word'] }],
    ['chunking_strategy.threshold', 'chunking_strategy', { chunking_strategy: { type: 'server_vad', threshold: 3 } }], // prettier-ignore
    ['known_speaker_names', 'is no option here', { known_speaker_names: ['Ann'] }],
  ])('is told of the field at fault of a transcription: %s', async (param, says, asked) => {
    const answer = openai.audio.transcriptions.create({
      file: await RECORDING(),
      model: 'whisper-1',
      ...asked,
    } as TranscriptionCreateParamsNonStreaming<'json'>);
    await expect(answer).rejects.toMatchObject({ param, message: expect.stringContaining(says) });
  });

  it('is told that a file has no sound, by the field', async () => {
    const file = await toFile(Buffer.from('no sound'), 'a.wav');
    const answer = openai.audio.transcriptions.create({ file, model: 'whisper-1' });
    await expect(answer).rejects.toMatchObject({ param: 'file' });
  });

  it.each<[param: string, says: string, asked: Partial<SpeechCreateParams>]>([
    ['model', 'tts-9', { model: 'tts-9' }],
    ['voice', 'custom voices', { voice: { id: 'voice_1234' } }],
    ['voice', 'nobody', { voice: 'nobody' }],
    ['speed', 'speed', { speed: 9 }],
    ['input', 'cannot speak', { input: 'Привет, мир' }],
    ['instructions', 'cannot be followed', { instructions: 'Whisper.' }],
  ])('is told of the field at fault of speech: %s', async (param, says, asked) => {
    const answer = openai.audio.speech.create({
      input: 'Good morning.',
      model: 'tts-1',
      voice: 'joe',
      ...asked,
    });
    await expect(answer).rejects.toMatchObject({ param, message: expect.stringContaining(says) });
  });
});
