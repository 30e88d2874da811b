/** Python packages that call OpenAI's API for their users: litellm, SpeechRecognition, langchain-community. */
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ClientMatrix } from '../support/client-matrix.js';
import { OPENAI_USERS, openAiUsersPython } from '../support/openai-users-python.js';
import { pageBlock } from '../support/page-blocks.js';
import { API_KEY, Platform } from '../support/platform.js';
import type { PythonClient } from '../support/python-client.js';
import { hasPython } from '../support/python-venv.js';
import { READ_SPEECH, speechAs, speechFile, wordsOf } from '../support/speech-samples.js';

// The first run makes a virtual environment.
jest.setTimeout(480_000);

const RECORDING = speechFile(READ_SPEECH.letter);
const suite = hasPython() ? describe : describe.skip;
const matrix = new ClientMatrix();

suite("Python packages that call OpenAI's API (needs python3 with venv)", () => {
  const folder = mkdtempSync(join(tmpdir(), 'parlance-users-'));
  const wav = join(folder, 'letter.wav');
  let platform: Platform;
  let python: PythonClient;
  beforeAll(async () => {
    writeFileSync(wav, speechAs(READ_SPEECH.letter, '-ar 16000 -ac 1 -f wav'));
    platform = await Platform.start({ services: ['inference', 'tts'] });
    python = await openAiUsersPython(platform.gateway.url, API_KEY);
  });
  afterAll(async () => {
    await platform?.stop();
    rmSync(folder, { recursive: true });
  });

  const rowOf = (name: keyof typeof OPENAI_USERS) =>
    matrix.row({
      name,
      registry: 'pip',
      version: OPENAI_USERS[name],
      page: 'python-packages.md',
      suite: 'openai-users-python',
    });

  describe('litellm', () => {
    const row = rowOf('litellm');

    row.works('recordings', 'are transcribed by the APIs of OpenAI and Deepgram', async () => {
      const answers = (await python.run(
        `
import json, litellm, sys
def ask(model, **options):
    with open(sys.argv[1], 'rb') as file:
        return litellm.transcription(model=model, file=file, **options)
print(json.dumps([ask('openai/whisper-1').text, ask('openai/gpt-4o-transcribe', response_format='json').text,
    ask('whisper-1', response_format='verbose_json', timestamp_granularities=['word']).text,
    ask('whisper-1', response_format='srt').text, ask('deepgram/nova-3', language='en').text]))`,
        RECORDING,
      )) as string[];
      for (const text of answers) expect(wordsOf(text)).toContain('letter');
    });

    row.works('speech', 'is spoken', async () => {
      const size = await python.run(`
import json, litellm
print(json.dumps(len(litellm.speech(model='openai/tts-1', voice='alloy', input='Good morning.').content)))`);
      expect(size).toBeGreaterThan(2_000);
    });

    row.works('errors', 'are those of the client that it calls, which its own derive from', async () => {
      const raised = await python.run(
        `
import json, litellm, openai, sys
names = []
def ask(kind, **options):
    try:
        with open(sys.argv[1], 'rb') as file:
            litellm.transcription(file=file, max_retries=0, **options)
    except kind as error:
        names.append(error.status_code)
ask(openai.NotFoundError, model='openai/whisper-of-nobody')
ask(openai.AuthenticationError, model='openai/whisper-1', api_key='pk_wrong')
ask(openai.BadRequestError, model='openai/whisper-1', language='klingon')
print(json.dumps(names))`,
        RECORDING,
      );
      expect(raised).toEqual([404, 401, 400]);
    });

    it('runs the program of its page', async () => {
      const printed = await python.print(pageBlock('python-packages.md', 'litellm'), RECORDING);
      expect(wordsOf(printed)).toContain('letter');
    });
  });

  describe('SpeechRecognition', () => {
    const row = rowOf('SpeechRecognition');

    row.works('recordings', 'are transcribed by recognize_openai', async () => {
      const printed = await python.print(pageBlock('python-packages.md', 'SpeechRecognition'), wav);
      expect(wordsOf(printed)).toContain('letter');
    });

    row.works('errors', 'are those of the client that it calls', async () => {
      const raised = await python.run(
        `
import json, openai, sys
import speech_recognition as sr
with sr.AudioFile(sys.argv[1]) as source:
    audio = sr.Recognizer().record(source)
try:
    sr.Recognizer().recognize_openai(audio, model='whisper-of-nobody')
except openai.NotFoundError as error:
    print(json.dumps(error.code))`,
        wav,
      );
      expect(raised).toBe('model.not_found');
    });
  });

  describe('langchain-community', () => {
    const row = rowOf('langchain-community');

    row.works('recordings', 'become documents by OpenAIWhisperParser', async () => {
      const printed = await python.print(pageBlock('python-packages.md', 'langchain'), wav);
      expect(wordsOf(printed)).toContain('letter');
    });

    row.works('recordings', 'become documents by the loader that reads a folder', async () => {
      const texts = await python.run(
        `
import json, sys
from langchain_community.document_loaders.blob_loaders import FileSystemBlobLoader
from langchain_community.document_loaders.generic import GenericLoader
from langchain_community.document_loaders.parsers.audio import OpenAIWhisperParser
loader = GenericLoader(FileSystemBlobLoader(sys.argv[1], glob='*.wav'), OpenAIWhisperParser(response_format='text'))
print(json.dumps([document.page_content for document in loader.load()]))`,
        folder,
      );
      expect(texts).toEqual([expect.stringContaining('letter')]);
    });
  });

  matrix.isDocumented();
});
