import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { OpenAiPython } from '../support/openai-python.js';
import { API_KEY, Platform } from '../support/platform.js';
import { hasPython } from '../support/python-venv.js';
import { speechFile } from '../support/speech-samples.js';

// The first run makes a virtual environment.
jest.setTimeout(240_000);

const SHORT = speechFile('LJ002-0044');
const suite = hasPython() ? describe : describe.skip;

suite("OpenAI's Python client (needs python3 with venv)", () => {
  let platform: Platform;
  let python: OpenAiPython;
  beforeAll(async () => {
    platform = await Platform.start({ services: ['inference'] });
    python = await OpenAiPython.prepare(`${platform.gateway.url}/v1`, API_KEY);
  });
  afterAll(() => platform?.stop());

  it('transcribes a recording in every response format, and streams it', async () => {
    const answers = (await python.run(
      `
def ask(**options):
    with open(sys.argv[1], 'rb') as file:
        return client.audio.transcriptions.create(model='whisper-1', file=file, **options)
verbose = ask(response_format='verbose_json', timestamp_granularities=['word', 'segment'])
events = list(ask(stream=True))
print(json.dumps({
    'json': ask().text,
    'text': ask(response_format='text'),
    'srt': ask(response_format='srt'),
    'vtt': ask(response_format='vtt'),
    'verbose': {'text': verbose.text, 'words': [w.word for w in verbose.words], 'segments': len(verbose.segments)},
    'deltas': ''.join(e.delta for e in events if e.type == 'transcript.text.delta'),
    'done': events[-1].text,
}))`,
      SHORT,
    )) as Record<'json' | 'text' | 'srt' | 'vtt' | 'deltas' | 'done', string> & {
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
    expect(answers.deltas.trim()).toBe(said);
    expect(answers.done).toBe(said);
  });

  it('raises its own error types for our faults', async () => {
    const raised = await python.run(
      `
names = []
try:
    client.audio.transcriptions.create(model='whisper-1', file=('a.wav', b''))
except openai.BadRequestError as error:
    names.append(error.code)
try:
    client.audio.transcriptions.create(model='whisper-of-nobody', file=('a.wav', open(sys.argv[1], 'rb').read()))
except openai.NotFoundError as error:
    names.append(error.code)
try:
    client.with_options(api_key='pk_wrong').models.list()
except openai.AuthenticationError as error:
    names.append(error.code)
print(json.dumps(names))`,
      SHORT,
    );
    expect(raised).toEqual(['audio.empty', 'model.not_found', 'auth.invalid_token']);
  });
});
