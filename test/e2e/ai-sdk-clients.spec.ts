/** The AI SDK, by its providers for OpenAI's and Deepgram's APIs. */
import { createDeepgram } from '@ai-sdk/deepgram';
import { createOpenAI } from '@ai-sdk/openai';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { APICallError, generateSpeech, transcribe } from 'ai';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ClientMatrix } from '../support/client-matrix.js';
import { installedVersion } from '../support/client-table.js';
import { NO_MODELS } from '../support/models.js';
import { NodeProgram } from '../support/node-program.js';
import { pageBlock } from '../support/page-blocks.js';
import { API_KEY, Platform } from '../support/platform.js';
import { READ_SPEECH, speechAs, speechFile, wordsOf } from '../support/speech-samples.js';

const RECORDING = speechFile(READ_SPEECH.letter);
const matrix = new ClientMatrix();

// Machines that test are often busy.
jest.setTimeout(120_000);

describe('The AI SDK', () => {
  let platform: Platform;
  beforeAll(async () => {
    platform = await Platform.start({ services: ['inference', 'tts'], tts: NO_MODELS });
  });
  afterAll(() => platform?.stop());

  const rowOf = (name: string) =>
    matrix.row({
      name,
      registry: 'npm',
      version: installedVersion(name),
      page: 'ai-sdk.md',
      suite: 'ai-sdk-clients',
    });

  const printed = (block: string, file: string): Promise<string> =>
    new NodeProgram(pageBlock('ai-sdk.md', block), {
      PARLANCE_URL: platform.gateway.url,
      OPENAI_BASE_URL: `${platform.gateway.url}/v1`,
      OPENAI_API_KEY: API_KEY,
      DEEPGRAM_API_KEY: API_KEY,
    }).print(file);

  /** The status and message by which the SDK says that it was refused. */
  async function refusal(asked: Promise<unknown>): Promise<[number | undefined, string]> {
    const error = await asked.then(
      () => new Error('it was not refused'),
      (fault: unknown) => fault,
    );
    if (!APICallError.isInstance(error)) throw error;
    return [error.statusCode, error.message];
  }

  describe('@ai-sdk/openai', () => {
    const row = rowOf('@ai-sdk/openai');
    const openai = (apiKey = API_KEY) => createOpenAI({ apiKey, baseURL: `${platform.gateway.url}/v1` });

    row.works('recordings', 'are transcribed, with segments where it asks for them', async () => {
      const { text, segments, durationInSeconds } = await transcribe({
        model: openai().transcription('whisper-1'),
        audio: readFileSync(RECORDING),
        providerOptions: { openai: { timestampGranularities: ['segment'], language: 'en' } },
      });
      expect(wordsOf(text)).toContain('letter');
      expect(segments.length).toBeGreaterThan(0);
      expect(durationInSeconds).toBeCloseTo(4.5, 0);
      const newer = await transcribe({
        model: openai().transcription('gpt-4o-transcribe'),
        audio: readFileSync(RECORDING),
      });
      expect(wordsOf(newer.text)).toContain('letter');
    });

    row.works('recordings', 'are transcribed, and speech is spoken, by the program of its page', async () => {
      const text = await printed('openai', RECORDING);
      expect(wordsOf(text)).toContain('letter');
      expect(text).toContain('audio/mpeg');
    });

    row.works('speech', 'is spoken', async () => {
      const model = openai().speech('gpt-4o-mini-tts');
      const { audio } = await generateSpeech({
        model,
        text: 'Good morning.',
        voice: 'nova',
        outputFormat: 'wav',
      });
      expect(Buffer.from(audio.uint8Array.subarray(0, 4)).toString()).toBe('RIFF');
      expect(audio.uint8Array.length).toBeGreaterThan(2_000);
    });

    row.works('live', 'speech is transcribed by the program of its page', async () => {
      const folder = mkdtempSync(join(tmpdir(), 'parlance-ai-sdk-'));
      const file = join(folder, 'letter.raw');
      writeFileSync(file, speechAs(READ_SPEECH.letter, '-ar 24000 -ac 1 -f s16le'));
      try {
        expect(wordsOf(await printed('openai-live', file))).toContain('letter');
      } finally {
        rmSync(folder, { recursive: true });
      }
    });

    row.works('errors', 'are its own, with what they are about', async () => {
      const asked = (name: string, key?: string) =>
        transcribe({ model: openai(key).transcription(name), audio: readFileSync(RECORDING), maxRetries: 0 });
      expect(await refusal(asked('whisper-of-nobody'))).toEqual([
        404,
        expect.stringContaining('whisper-of-nobody'),
      ]);
      expect(await refusal(asked('whisper-1', 'pk_wrong'))).toEqual([401, expect.any(String)]);
      const model = openai().speech('tts-1');
      const instructed = generateSpeech({
        model,
        text: 'Good morning.',
        instructions: 'Shout.',
        maxRetries: 0,
      });
      expect(await refusal(instructed)).toEqual([400, expect.stringContaining('instructions')]);
    });
  });

  describe('@ai-sdk/deepgram', () => {
    const row = rowOf('@ai-sdk/deepgram');
    const deepgram = (apiKey = API_KEY) =>
      createDeepgram({
        apiKey,
        fetch: (url, init) =>
          fetch(String(url).replace('https://api.deepgram.com', platform.gateway.url), init),
      });

    row.works('recordings', 'are transcribed with its options', async () => {
      const { text, segments, durationInSeconds } = await transcribe({
        model: deepgram().transcription('nova-3'),
        audio: readFileSync(RECORDING),
        providerOptions: {
          deepgram: { smartFormat: true, paragraphs: true, utterances: true, diarize: false },
        },
      });
      expect(wordsOf(text)).toContain('letter');
      expect(segments.map((segment) => segment.text)).toContain('letter');
      expect(durationInSeconds).toBeCloseTo(4.5, 0);
    });

    row.works('speech', 'is spoken', async () => {
      const { audio } = await generateSpeech({
        model: deepgram().speech('aura-2-thalia-en'),
        text: 'Good morning.',
        outputFormat: 'wav',
      });
      expect(Buffer.from(audio.uint8Array.subarray(0, 4)).toString()).toBe('RIFF');
    });

    row.works('errors', 'are its own, with what they are about', async () => {
      const asked = (name: string, options: Record<string, boolean> = {}, key?: string) =>
        transcribe({
          model: deepgram(key).transcription(name),
          audio: readFileSync(RECORDING),
          providerOptions: { deepgram: options },
          maxRetries: 0,
        });
      expect(await refusal(asked('whisper-of-nobody'))).toEqual([
        404,
        expect.stringContaining('whisper-of-nobody'),
      ]);
      expect(await refusal(asked('nova-3', { diarize: true }))).toEqual([400, 'diarize: is no option here']);
      expect(await refusal(asked('nova-3', {}, 'wrong'))).toEqual([401, expect.any(String)]);
    });

    it('runs the program of its page', async () => {
      const text = await printed('deepgram', RECORDING);
      expect(wordsOf(text)).toContain('letter');
      expect(text).toContain('audio/');
    });
  });

  matrix.isDocumented();
});
