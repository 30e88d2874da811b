import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { ClientMatrix } from '../support/client-matrix.js';
import { OPENAI_PYTHON_VERSIONS, OpenAiPython } from '../support/openai-python.js';
import { pageBlock } from '../support/page-blocks.js';
import { API_KEY, Platform } from '../support/platform.js';
import { hasPython } from '../support/python-venv.js';
import { READ_SPEECH, speechFile, wordsOf } from '../support/speech-samples.js';

// The first run makes a virtual environment of each version.
jest.setTimeout(240_000);

const SHORT = speechFile('LJ002-0044');
const suite = hasPython() ? describe : describe.skip;
const matrix = new ClientMatrix();

suite("OpenAI's Python client (needs python3 with venv)", () => {
  let platform: Platform;
  beforeAll(async () => {
    platform = await Platform.start({ services: ['inference', 'tts'] });
  });
  afterAll(() => platform?.stop());

  describe.each(OPENAI_PYTHON_VERSIONS)('%s', (version) => {
    const row = matrix.row({
      name: 'openai',
      registry: 'pip',
      version,
      page: 'openai.md',
      suite: 'openai-python',
    });
    let python: OpenAiPython;
    beforeAll(async () => {
      python = await OpenAiPython.prepare(version, `${platform.gateway.url}/v1`, API_KEY);
    });

    row.works('recordings', 'are transcribed in every response format', async () => {
      const answers = (await python.run(
        `
def ask(**options):
    with open(sys.argv[1], 'rb') as file:
        return client.audio.transcriptions.create(model='whisper-1', file=file, **options)
verbose = ask(response_format='verbose_json', timestamp_granularities=['word', 'segment'])
print(json.dumps({
    'json': ask().text,
    'text': ask(response_format='text'),
    'srt': ask(response_format='srt'),
    'vtt': ask(response_format='vtt'),
    'verbose': {'text': verbose.text, 'words': [w.word for w in verbose.words], 'segments': len(verbose.segments)},
}))`,
        SHORT,
      )) as Record<'json' | 'text' | 'srt' | 'vtt', string> & {
        verbose: { text: string; words: string[]; segments: number };
      };
      const said = answers.json;
      expect(said.length).toBeGreaterThan(3);
      expect(answers.text.trim()).toBe(said);
      expect(answers.srt).toMatch(/^1\n00:00:/);
      expect(answers.srt).toContain(said.split(' ')[0]);
      expect(answers.vtt).toMatch(/^WEBVTT\n\n00:00:/);
      expect(answers.verbose).toMatchObject({ text: said, words: said.split(' ') });
      expect(answers.verbose.segments).toBeGreaterThan(0);
    });

    row.works('streamed text', 'comes as deltas that make up the text', async () => {
      const { deltas, done } = (await python.run(
        `
with open(sys.argv[1], 'rb') as file:
    events = list(client.audio.transcriptions.create(model='whisper-1', file=file, stream=True))
deltas = ''.join(e.delta for e in events if e.type == 'transcript.text.delta')
print(json.dumps({'deltas': deltas, 'done': events[-1].text}))`,
        SHORT,
      )) as Record<'deltas' | 'done', string>;
      expect(deltas.trim()).toBe(done);
      expect(done.length).toBeGreaterThan(3);
    });

    row.works('translation', 'is into English', async () => {
      const text = await python.run(
        `
with open(sys.argv[1], 'rb') as file:
    print(json.dumps(client.audio.translations.create(model='whisper-1', file=file).text))`,
        SHORT,
      );
      expect(wordsOf(text as string).length).toBeGreaterThan(0);
    });

    row.works('speech', 'is spoken, also as it is made', async () => {
      const sizes = await python.run(`
options = dict(model='gpt-4o-mini-tts', voice='alloy', input='Good morning.')
whole = client.audio.speech.create(**options).content
with client.audio.speech.with_streaming_response.create(response_format='wav', **options) as response:
    streamed = b''.join(response.iter_bytes())
print(json.dumps([len(whole), streamed[:4].decode(), len(streamed)]))`);
      expect(sizes).toEqual([expect.any(Number), 'RIFF', expect.any(Number)]);
      for (const size of [0, 2]) expect((sizes as number[])[size]).toBeGreaterThan(2_000);
    });

    row.works('models', 'are listed and looked up', async () => {
      const names = await python.run(
        `print(json.dumps([m.id for m in client.models.list()] + [client.models.retrieve('whisper-1').object]))`,
      );
      expect(names).toEqual(expect.arrayContaining(['whisper-1', 'tts-1', 'model']));
    });

    row.works('errors', 'are its own exceptions with our codes', async () => {
      const raised = await python.run(
        `
names = []
def ask(kind, ask, *args, **options):
    try:
        ask(*args, **options)
    except kind as error:
        names.append(error.code)
file = ('a.opus', open(sys.argv[1], 'rb').read())
transcribe = client.audio.transcriptions.create
ask(openai.BadRequestError, transcribe, model='whisper-1', file=('a.wav', b''))
ask(openai.BadRequestError, transcribe, model='whisper-1', file=file, include=['logprobs'], response_format='srt')
ask(openai.NotFoundError, transcribe, model='whisper-of-nobody', file=file)
ask(openai.NotFoundError, client.audio.speech.create, model='tts-of-nobody', voice='alloy', input='Good morning.')
ask(openai.AuthenticationError, client.with_options(api_key='pk_wrong').models.list)
print(json.dumps(names))`,
        SHORT,
      );
      const codes = ['audio.empty', 'request.invalid', 'model.not_found', 'model.not_found'];
      expect(raised).toEqual([...codes, 'auth.invalid_token']);
    });

    it('runs the program of its page', async () => {
      const printed = await python.print(pageBlock('openai.md', 'python'), speechFile(READ_SPEECH.letter));
      expect(wordsOf(printed)).toContain('letter');
    });
  });

  matrix.isDocumented();
});
