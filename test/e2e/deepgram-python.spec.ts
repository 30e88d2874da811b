import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ClientMatrix } from '../support/client-matrix.js';
import { DEEPGRAM_PYTHON_VERSIONS, DeepgramPython } from '../support/deepgram-python.js';
import { NO_MODELS } from '../support/models.js';
import { pageBlock } from '../support/page-blocks.js';
import { API_KEY, Platform } from '../support/platform.js';
import { hasPython } from '../support/python-venv.js';
import { RecordingHost } from '../support/recording-host.js';
import { READ_SPEECH, speechFile, speechPcm, wordsOf } from '../support/speech-samples.js';

// The first run makes a virtual environment of each version.
jest.setTimeout(240_000);

const RECORDING = speechFile(READ_SPEECH.letter);
const suite = hasPython() ? describe : describe.skip;
const matrix = new ClientMatrix();

interface Listened {
  readonly text: string;
  readonly words: readonly string[];
  readonly interims: number;
  readonly others: readonly unknown[];
}

suite("Deepgram's Python client (needs python3 with venv)", () => {
  const folder = mkdtempSync(join(tmpdir(), 'parlance-deepgram-'));
  const pcm = join(folder, 'letter.raw');
  let host: RecordingHost;
  let platform: Platform;
  beforeAll(async () => {
    writeFileSync(pcm, speechPcm(READ_SPEECH.letter));
    host = await RecordingHost.start((_, response) => response.end(readFileSync(RECORDING)));
    platform = await Platform.start({
      services: ['inference', 'tts'],
      tts: NO_MODELS,
      gateway: { PARLANCE_RECORDING_HOSTS: host.name },
    });
  });
  afterAll(async () => {
    await platform?.stop();
    host?.stop();
    rmSync(folder, { recursive: true });
  });

  describe.each(DEEPGRAM_PYTHON_VERSIONS)('%s', (version) => {
    const isNewest = version.startsWith('7.');
    const row = matrix.row({
      name: 'deepgram-sdk',
      registry: 'pip',
      version,
      page: 'deepgram.md',
      suite: 'deepgram-python',
    });
    let python: DeepgramPython;
    beforeAll(async () => {
      python = await DeepgramPython.prepare(version, platform.gateway.url, API_KEY);
    });

    row.works('recordings', 'are transcribed, with and without options', async () => {
      const said = await python.value(
        `[transcribe(sys.argv[1], **options).results.channels[0].alternatives[0].transcript for options in
          [{}, {'model': 'nova-3', 'smart_format': True, 'utterances': True, 'paragraphs': True}]]`,
        RECORDING,
      );
      for (const text of said as string[]) expect(wordsOf(text)).toContain('letter');
    });

    row.works('by address', 'are transcribed at a host that is listed', async () => {
      const text = await python.value(
        `transcribe_url(sys.argv[1], model='nova-3').results.channels[0].alternatives[0].transcript`,
        `http://${host.name}/letter.opus`,
      );
      expect(wordsOf(text as string)).toContain('letter');
    });

    row.works('live', 'speech is transcribed with interims and words', async () => {
      const { text, words, interims, others } = (await python.value(
        `listen(read(sys.argv[1]), model='nova-3', language='en', encoding='linear16', sample_rate=16000,
          interim_results=True, vad_events=True, utterance_end_ms='1000', smart_format=True)`,
        pcm,
      )) as Listened;
      expect(wordsOf(text)).toContain('letter');
      expect(words).toContain('letter');
      expect(interims).toBeGreaterThanOrEqual(0);
      expect(others[0]).toBe('SpeechStarted');
      expect(
        [...others].filter((type) => !/^(SpeechStarted|UtteranceEnd|Metadata)$/.test(`${type}`)),
      ).toEqual([]);
    });

    row.works('speech', 'is spoken', async () => {
      const spoken = await python.value(
        `[len(speak('Good morning.')), speak('Good morning.', model='aura-2-thalia-en', encoding='linear16')[:4].decode()]`,
      );
      expect(spoken).toEqual([expect.any(Number), 'RIFF']);
      expect((spoken as [number])[0]).toBeGreaterThan(2_000);
    });

    row.works('live speech', 'is spoken as the texts come', async () => {
      const spoken = await python.value(
        `speak_live(['Good morning, ', 'and welcome.'], model='aura-2-thalia-en', encoding='linear16', sample_rate=24000)`,
      );
      expect(spoken).toEqual({ seconds: expect.any(Number), others: ['Metadata'] });
      expect((spoken as { seconds: number }).seconds).toBeGreaterThan(0.8);
    });

    row.works('errors', 'are its own exceptions with what they are about', async () => {
      const refused = await python.value(
        `[refusal(transcribe, sys.argv[1], client=client_of('wrong')),
          refusal(transcribe, sys.argv[1], diarize=True),
          refusal(transcribe, sys.argv[1], model='whisper-of-nobody'),
          refusal(speak, 'Good morning.', encoding='linear16', bit_rate=48000),
          socket_refusal()]`,
        RECORDING,
      );
      expect(refused).toEqual([
        [401, expect.any(String)],
        [400, 'diarize: is no option here'],
        [404, expect.stringContaining('whisper-of-nobody')],
        [400, 'bit_rate: is no option with encoding=linear16'],
        401,
      ]);
    });

    it('runs the program of its page', async () => {
      const program = pageBlock('deepgram.md', isNewest ? 'python' : 'python-4');
      expect(wordsOf(await python.print(program, RECORDING))).toContain('letter');
    });
  });

  matrix.isDocumented();
});
