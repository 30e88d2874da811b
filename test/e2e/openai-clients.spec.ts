import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import OpenAI, { toFile } from 'openai';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { ClientMatrix } from '../support/client-matrix.js';
import { installedVersion } from '../support/client-table.js';
import { NodeProgram } from '../support/node-program.js';
import { pageBlock } from '../support/page-blocks.js';
import { API_KEY, Platform } from '../support/platform.js';
import { videoOf } from '../support/media-files.js';
import { READ_SPEECH, speechFile, wordsOf } from '../support/speech-samples.js';

const RECORDING = () => toFile(readFileSync(speechFile(READ_SPEECH.letter)), 'letter.ogg');
const SHORT = speechFile('LJ002-0044');
const matrix = new ClientMatrix();

// Machines that test are often busy.
jest.setTimeout(120_000);

describe("OpenAI's Node client", () => {
  const row = matrix.row({
    name: 'openai',
    registry: 'npm',
    version: installedVersion('openai'),
    page: 'openai.md',
    suite: 'openai-clients',
  });
  let platform: Platform;
  let openai: OpenAI;
  beforeAll(async () => {
    platform = await Platform.start();
    openai = new OpenAI({ apiKey: API_KEY, baseURL: `${platform.gateway.url}/v1`, maxRetries: 0 });
  });
  afterAll(() => platform?.stop());

  row.works('recordings', 'transcribes to json', async () => {
    const { data, response } = await openai.audio.transcriptions
      .create({ file: await RECORDING(), model: 'whisper-1' })
      .withResponse();
    expect(response.status).toBe(200);
    expect(wordsOf(data.text)).toEqual(expect.arrayContaining(['first', 'importance', 'letter']));
  });

  row.works('recordings', 'transcribes a recording, model named before or behind the file', async () => {
    const file = await toFile(readFileSync(SHORT), 'short.opus');
    const ahead = await openai.audio.transcriptions.create({ model: 'whisper-tiny.en', file });
    const behind = await openai.audio.transcriptions.create({
      file,
      model: 'whisper-tiny.en',
      language: 'en',
    });
    expect(ahead.text).not.toBe('');
    expect(behind.text).toBe(ahead.text);
  });

  row.works('recordings', 'transcribes to text, srt and vtt', async () => {
    const ask = async (response_format: 'text' | 'srt' | 'vtt') =>
      (await openai.audio.transcriptions.create({
        file: await RECORDING(),
        model: 'whisper-1',
        response_format,
      })) as unknown as string;
    expect(wordsOf(await ask('text'))).toContain('letter');
    expect(await ask('srt')).toMatch(/^1\n00:00:00,\d{3} --> 00:00:0\d,\d{3}\n.*letter/s);
    expect(await ask('vtt')).toMatch(/^WEBVTT\n\n00:00:00\.\d{3} --> 00:00:0\d\.\d{3}\n.*letter/s);
  });

  row.works('recordings', 'transcribes to verbose_json with words and segments in order', async () => {
    const answer = await openai.audio.transcriptions.create({
      file: await RECORDING(),
      model: 'whisper-1',
      response_format: 'verbose_json',
      timestamp_granularities: ['word', 'segment'],
    });
    expect(answer.language).toBe('english');
    expect(Number(answer.duration)).toBeCloseTo(4.5, 0);
    const words = answer.words ?? [];
    expect(words.map(({ word }) => wordsOf(word)[0])).toContain('letter');
    for (const [index, { start, end }] of words.entries()) {
      expect(end).toBeGreaterThanOrEqual(start);
      expect(start).toBeGreaterThanOrEqual(words[index - 1]?.start ?? 0);
    }
    expect(
      answer.segments
        ?.map(({ text }) => text)
        .join('')
        .trim(),
    ).toBe(answer.text);
  });

  row.works('streamed text', 'its deltas make up the final text', async () => {
    const stream = await openai.audio.transcriptions.create({
      file: await RECORDING(),
      model: 'whisper-1',
      stream: true,
    });
    let deltas = '';
    let done = '';
    for await (const event of stream) {
      if (event.type === 'transcript.text.delta') deltas += event.delta;
      if (event.type === 'transcript.text.done') done = event.text;
    }
    expect(deltas.trim()).toBe(done);
    expect(wordsOf(done)).toContain('letter');
  });

  row.works('recordings', 'transcribes the sound of a video', async () => {
    const video = await toFile(videoOf(READ_SPEECH.letter), 'talk.mp4');
    const { text } = await openai.audio.transcriptions.create({ file: video, model: 'whisper-1' });
    expect(wordsOf(text)).toContain('letter');
  });

  row.works('models', 'lists the models, the default names among them', async () => {
    const names = (await openai.models.list()).data.map(({ id }) => id);
    expect(names).toEqual(expect.arrayContaining(['whisper-1', 'tts-1', 'whisper-tiny.en']));
    await expect(openai.models.retrieve('whisper-1')).resolves.toMatchObject({ object: 'model' });
  });

  for (const response_format of ['mp3', 'opus', 'aac', 'flac', 'wav', 'pcm'] as const)
    row.works('speech', `speaks as ${response_format}`, async () => {
      const answer = await openai.audio.speech.create({
        input: 'The weather is fine today.',
        model: 'tts-1',
        voice: 'alloy',
        response_format,
      });
      expect(answer.status).toBe(200);
      const audio = Buffer.from(await answer.arrayBuffer());
      expect(audio.length).toBeGreaterThan(2_000);
      const transcript =
        response_format === 'pcm'
          ? undefined
          : await openai.audio.transcriptions.create({
              file: await toFile(audio, `spoken.${response_format}`),
              model: 'whisper-1',
            });
      if (transcript) expect(wordsOf(transcript.text)).toEqual(expect.arrayContaining(['fine', 'today']));
    });

  row.works('translation', 'translates into English', async () => {
    const { text } = await openai.audio.translations.create({ file: await RECORDING(), model: 'whisper-1' });
    expect(wordsOf(text)).toContain('letter');
  });

  it('says that a model does not know a language', async () => {
    const asked = openai.audio.transcriptions.create({
      file: await RECORDING(),
      model: 'whisper-tiny.en',
      language: 'zh',
    });
    await expect(asked).rejects.toMatchObject({ status: 400, code: 'model.language_unsupported' });
  });

  it('waits for a model on disk that is loaded by the first request for it', async () => {
    const file = await toFile(readFileSync(resolve('test/fixtures/speech/es-01.opus')), 'pan.ogg');
    const asked = await openai.audio.transcriptions.create({
      file,
      model: 'whisper-base',
      response_format: 'verbose_json',
    });
    expect(asked.language).toBe('spanish');
    expect(asked.text).toMatch(/tienda/);
  });

  row.works('errors', "are its own exceptions, of OpenAI's shape", async () => {
    const asked = openai.audio.transcriptions.create({ file: await RECORDING(), model: 'whisper-of-nobody' });
    await expect(asked).rejects.toMatchObject({
      status: 404,
      code: 'model.not_found',
      type: 'not_found_error',
    });
    const stranger = new OpenAI({ apiKey: 'pk_wrong', baseURL: `${platform.gateway.url}/v1`, maxRetries: 0 });
    await expect(stranger.models.list()).rejects.toBeInstanceOf(OpenAI.AuthenticationError);
  });

  it('runs the program of its page', async () => {
    const program = new NodeProgram(pageBlock('openai.md', 'node'), {
      OPENAI_BASE_URL: `${platform.gateway.url}/v1`,
      OPENAI_API_KEY: API_KEY,
    });
    expect(wordsOf(await program.print(speechFile(READ_SPEECH.letter)))).toContain('letter');
  });

  matrix.isDocumented();
});
