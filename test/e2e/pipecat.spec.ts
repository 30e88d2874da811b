/** Pipecat's services for OpenAI and Deepgram, in pipelines that a recording goes through. */
import { afterAll, beforeAll, describe, expect, jest } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ClientMatrix } from '../support/client-matrix.js';
import { GroqServer } from '../support/groq.js';
import { pageBlock } from '../support/page-blocks.js';
import { PIPECAT_VERSION, PipecatPython } from '../support/pipecat-python.js';
import { API_KEY, Platform } from '../support/platform.js';
import { hasPython } from '../support/python-venv.js';
import { READ_SPEECH, speechAs, wordsOf } from '../support/speech-samples.js';

// The first run makes a virtual environment.
jest.setTimeout(480_000);

const REPLY = 'That sounds lovely. What did you buy there?';
const SERVICES = pageBlock('pipecat.md', 'services');
const suite = hasPython() ? describe : describe.skip;
const matrix = new ClientMatrix();

interface Transcribed {
  readonly text: string;
  readonly errors: readonly string[];
}

interface Spoken {
  readonly seconds: number;
  readonly errors: readonly string[];
}

suite('Pipecat (needs python3 with venv)', () => {
  const folder = mkdtempSync(join(tmpdir(), 'parlance-pipecat-'));
  const wav = join(folder, 'letter.wav');
  let groq: GroqServer;
  let platform: Platform;
  let python: PipecatPython;
  beforeAll(async () => {
    writeFileSync(wav, speechAs(READ_SPEECH.letter, '-ar 16000 -ac 1 -f wav'));
    groq = await GroqServer.start();
    groq.usual = { reply: REPLY };
    platform = await Platform.start({
      environment: { PARLANCE_LLM_BASE_URL: `${groq.url}/v1`, PARLANCE_LLM_MODEL: 'llama' },
    });
    python = await PipecatPython.prepare(platform.gateway.url, API_KEY);
  });
  afterAll(async () => {
    await platform?.stop();
    await groq?.stop();
    rmSync(folder, { recursive: true });
  });

  const row = matrix.row({
    name: 'pipecat-ai',
    registry: 'pip',
    version: PIPECAT_VERSION,
    page: 'pipecat.md',
    suite: 'pipecat',
  });
  const transcribed = async (service: string): Promise<Transcribed> =>
    (await python.run(
      `
${SERVICES}
return await transcribed(recognizers['${service}'], sys.argv[1], 'letter')`,
      wav,
    )) as Transcribed;
  const spoken = async (service: string): Promise<Spoken> =>
    (await python.run(`
${SERVICES}
return await spoken(voices['${service}'], 'Good morning, and welcome.', 0.8)`)) as Spoken;

  row.works('recordings', "are transcribed by OpenAI's service, utterance by utterance", async () => {
    const { text, errors } = await transcribed('openai');
    expect(errors).toEqual([]);
    expect(wordsOf(text)).toContain('letter');
  });

  row.works('live', "speech is transcribed by OpenAI's realtime service", async () => {
    const { text, errors } = await transcribed('openai-realtime');
    expect(errors).toEqual([]);
    expect(wordsOf(text)).toContain('letter');
  });

  row.works('live', "speech is transcribed by Deepgram's service", async () => {
    const { text, errors } = await transcribed('deepgram');
    expect(errors).toEqual([]);
    expect(wordsOf(text)).toContain('letter');
  });

  row.works('speech', "is spoken by OpenAI's service", async () => {
    const { seconds, errors } = await spoken('openai');
    expect(errors).toEqual([]);
    expect(seconds).toBeGreaterThan(0.8);
  });

  row.works('live speech', "is spoken by Deepgram's service", async () => {
    const { seconds, errors } = await spoken('deepgram');
    expect(errors).toEqual([]);
    expect(seconds).toBeGreaterThan(0.8);
  });

  row.works('conversation', 'is held by the pipeline of its page', async () => {
    const { text, seconds, errors } = (await python.run(
      `
page = {}
exec(sys.argv[2], page)
context = page['LLMContext']()
user = lambda: ' '.join(message['content'] for message in context.get_messages() if message['role'] == 'user')
build = lambda source, sink: page['conversation'](source, sink, context)
seen = await passed(build, recording(sys.argv[1]), lambda seen: seconds(seen) > 1 and user())
return { 'text': user(), 'seconds': seconds(seen), 'errors': errors(seen) }`,
      wav,
      pageBlock('pipecat.md', 'conversation'),
    )) as Transcribed & Spoken;
    expect(errors).toEqual([]);
    expect(wordsOf(text)).toContain('letter');
    expect(seconds).toBeGreaterThan(1);
  });

  row.works('errors', 'are error frames that say what is at fault', async () => {
    const seen = (await python.run(
      `
${SERVICES}
return await transcribed(lambda: OpenAISTTService(api_key=key, base_url=f'{url}/v1',
    settings=OpenAISTTService.Settings(model='whisper-of-nobody')), sys.argv[1], 'letter')`,
      wav,
    )) as Transcribed;
    expect(seen.errors[0]).toContain('whisper-of-nobody');
  });

  matrix.isDocumented();
});
