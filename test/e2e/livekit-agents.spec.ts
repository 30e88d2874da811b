/** LiveKit's agents and their plugins for OpenAI and Deepgram, without LiveKit's own servers. */
import { afterAll, beforeAll, describe, expect, jest } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ClientMatrix } from '../support/client-matrix.js';
import { GroqServer } from '../support/groq.js';
import { LIVEKIT_VERSION, LiveKitPython } from '../support/livekit-python.js';
import { pageBlock } from '../support/page-blocks.js';
import { API_KEY, Platform } from '../support/platform.js';
import { hasPython } from '../support/python-venv.js';
import { READ_SPEECH, speechAs, wordsOf } from '../support/speech-samples.js';

// The first run makes a virtual environment.
jest.setTimeout(480_000);

const REPLY = 'That sounds lovely. What did you buy there?';
const PLUGINS = pageBlock('livekit.md', 'plugins');
const suite = hasPython() ? describe : describe.skip;
const matrix = new ClientMatrix();

interface Transcribed {
  readonly text: string;
  readonly kinds: readonly string[];
}

suite("LiveKit's agents (needs python3 with venv)", () => {
  const folder = mkdtempSync(join(tmpdir(), 'parlance-livekit-'));
  const wav = join(folder, 'letter.wav');
  let groq: GroqServer;
  let platform: Platform;
  let python: LiveKitPython;
  beforeAll(async () => {
    writeFileSync(wav, speechAs(READ_SPEECH.letter, '-ar 24000 -ac 1 -f wav'));
    groq = await GroqServer.start();
    groq.usual = { reply: REPLY };
    platform = await Platform.start({
      environment: { PARLANCE_LLM_BASE_URL: `${groq.url}/v1`, PARLANCE_LLM_MODEL: 'llama' },
    });
    python = await LiveKitPython.prepare(platform.gateway.url, API_KEY);
  });
  afterAll(async () => {
    await platform?.stop();
    await groq?.stop();
    rmSync(folder, { recursive: true });
  });

  const rowOf = (name: string) =>
    matrix.row({
      name,
      registry: 'pip',
      version: LIVEKIT_VERSION,
      page: 'livekit.md',
      suite: 'livekit-agents',
    });

  describe('livekit-plugins-openai', () => {
    const row = rowOf('livekit-plugins-openai');

    row.works('recordings', 'are transcribed', async () => {
      const text = await python.run(
        `
from livekit.plugins import openai
return (await openai.STT().recognize(rtc.combine_audio_frames(list(frames(sys.argv[1]))))).alternatives[0].text`,
        wav,
      );
      expect(wordsOf(text as string)).toContain('letter');
    });

    row.works(
      'live',
      'speech is transcribed, by the models that detect turns and those that do not',
      async () => {
        const transcribed = (await python.run(
          `
from livekit.plugins import openai
recognizers = [openai.STT(use_realtime=True), openai.STT(model='gpt-live-transcribe')]
return [await transcribed(recognizer, sys.argv[1], 'letter') for recognizer in recognizers]`,
          wav,
        )) as Transcribed[];
        for (const { text, kinds } of transcribed) {
          expect(wordsOf(text)).toContain('letter');
          expect(kinds).toContain('start_of_speech');
          expect(kinds).toContain('end_of_speech');
        }
      },
    );

    row.works('speech', 'is spoken', async () => {
      const seconds = await python.run(`
from livekit.plugins import openai
return [await spoken(tts.synthesize('Good morning.')) for tts in [openai.TTS(), openai.TTS(model='tts-1', voice='alloy')]]`);
      for (const one of seconds as number[]) expect(one).toBeGreaterThan(0.5);
    });

    row.works('conversation', 'is held by the agent of its page', async () => {
      const { said, seconds } = (await python.run(
        `
page = {}
exec(sys.argv[2], page)
session = page['conversation']()
speaker = Speaker()
session.input.audio, session.output.audio = Recording(sys.argv[1]), speaker
said = []
answered = asyncio.Event()
@session.on('conversation_item_added')
def added(event):
    said.append([event.item.role, event.item.text_content])
    if event.item.role == 'assistant':
        answered.set()
await session.start(agent=agents.Agent(instructions='You sell flowers.'))
await asyncio.wait_for(answered.wait(), 60)
await session.aclose()
return { 'said': said, 'seconds': speaker.seconds }`,
        wav,
        pageBlock('livekit.md', 'agent'),
      )) as { said: readonly [string, string][]; seconds: number };
      expect(said.map(([role]) => role)).toEqual(['user', 'assistant']);
      expect(wordsOf(said[0]![1])).toContain('letter');
      expect(said[1]![1]).toBe(REPLY);
      expect(seconds).toBeGreaterThan(1);
    });

    row.works('errors', 'are its own, with the status', async () => {
      const refused = await python.run(
        `
from livekit.plugins import openai
audio = rtc.combine_audio_frames(list(frames(sys.argv[1])))
once = APIConnectOptions(max_retry=0)
async def ask(**options):
    return await refusal(lambda: openai.STT(**options).recognize(audio, conn_options=once))
return [await ask(model='whisper-of-nobody'), await ask(api_key='wrong')]`,
        wav,
      );
      expect(refused).toEqual([404, 401]);
    });
  });

  describe('livekit-plugins-deepgram', () => {
    const row = rowOf('livekit-plugins-deepgram');

    row.works('recordings', 'are transcribed', async () => {
      const text = await python.run(
        `
${PLUGINS}
return (await recognizers[1].recognize(rtc.combine_audio_frames(list(frames(sys.argv[1]))))).alternatives[0].text`,
        wav,
      );
      expect(wordsOf(text as string)).toContain('letter');
    });

    row.works('live', 'speech is transcribed', async () => {
      const { text, kinds } = (await python.run(
        `
${PLUGINS}
return await transcribed(recognizers[1], sys.argv[1], 'letter')`,
        wav,
      )) as Transcribed;
      expect(wordsOf(text)).toContain('letter');
      expect(kinds).toContain('start_of_speech');
    });

    row.works('speech', 'is spoken', async () => {
      const seconds = await python.run(`
${PLUGINS}
return await spoken(voices[1].synthesize('Good morning.'))`);
      expect(seconds).toBeGreaterThan(0.5);
    });

    row.works('live speech', 'is spoken as the words come', async () => {
      const seconds = await python.run(`
${PLUGINS}
stream = voices[1].stream()
for word in ['Good ', 'morning, ', 'and ', 'welcome.']:
    stream.push_text(word)
stream.end_input()
return await spoken(stream)`);
      expect(seconds).toBeGreaterThan(0.8);
    });

    row.works('errors', 'are its own', async () => {
      const refused = await python.run(
        `
from livekit.plugins import deepgram
once = APIConnectOptions(max_retry=0)
tts = deepgram.TTS(base_url=f"{os.environ['PARLANCE_URL']}/v1/speak", model='nobody', api_key='wrong')
return await refusal(lambda: spoken(tts.synthesize('Good morning.', conn_options=once)))`,
      );
      expect(refused).toBe(401);
    });
  });

  matrix.isDocumented();
});
