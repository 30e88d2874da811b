/** `parlance wyoming` with the Python package that Home Assistant speaks by. */
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { wavHeader } from '@parlance/audio';
import { ClientMatrix } from '../support/client-matrix.js';
import { API_KEY, Platform } from '../support/platform.js';
import { hasPython } from '../support/python-venv.js';
import { READ_SPEECH, speechAs, wordsOf } from '../support/speech-samples.js';
import { WyomingBridge } from '../support/wyoming-bridge.js';
import { WYOMING_VERSION, wyomingPage, WyomingPython } from '../support/wyoming-python.js';

// The first run makes a virtual environment.
jest.setTimeout(240_000);

const matrix = new ClientMatrix();
const suite = hasPython() ? describe : describe.skip;

suite('parlance wyoming (needs python3 with venv)', () => {
  const row = matrix.row({
    name: 'wyoming',
    registry: 'pip',
    version: WYOMING_VERSION,
    page: 'wyoming.md',
    suite: 'wyoming',
  });
  let platform: Platform;
  let python: WyomingPython;
  let bridge: WyomingBridge;
  let folder: string;
  let letter: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'parlance-wyoming-'));
    letter = join(folder, 'letter.wav');
    writeFileSync(letter, speechAs(READ_SPEECH.letter, '-ar 16000 -ac 1 -c:a pcm_s16le -f wav'));
    platform = await Platform.start({ services: ['inference', 'tts'] });
    python = await WyomingPython.prepare();
    bridge = await WyomingBridge.start(platform.gateway.url, API_KEY, wyomingPage('sh').trim());
  });
  afterAll(async () => {
    await bridge?.stop();
    await platform?.stop();
    rmSync(folder, { recursive: true });
  });

  row.works('recordings', 'are transcribed by the program of its page', async () => {
    const environment = { WYOMING_PORT: String(bridge.port) };
    const text = await python.execute(['-c', wyomingPage('py'), letter], environment);
    expect(wordsOf(text)).toEqual(expect.arrayContaining(['first', 'importance', 'letter']));
  });

  row.works('models', 'describes its models and voices', async () => {
    const described = (await python.run(
      bridge.port,
      `
async with connection() as client:
    await client.write_event(Describe().event())
    info = Info.from_event((await until(client, 'info'))[-1])
    await client.write_event(Ping(text='hello').event())
    pong = Pong.from_event((await until(client, 'pong'))[-1])
asr, tts = info.asr[0], info.tts[0]
return {
    'models': [[model.name, model.languages, model.installed] for model in asr.models],
    'streaming': [asr.supports_transcript_streaming, tts.supports_synthesize_streaming],
    'vad': asr.requires_external_vad,
    'voices': [[voice.name, voice.languages] for voice in tts.voices],
    'pong': pong.text,
}`,
    )) as { voices: [string, string[]][] };
    expect(described).toMatchObject({
      models: [['whisper-tiny.en', ['en'], true]],
      streaming: [true, true],
      vad: true,
      pong: 'hello',
    });
    expect(described.voices.length).toBeGreaterThan(0);
    expect(described.voices.every(([name, [language]]) => name !== '' && /^[a-z]{2,3}/.test(language!))).toBe(
      true,
    );
  });

  it.each([
    [8_000, 1, 1],
    [44_100, 2, 2],
    [48_000, 4, 1],
  ])('transcribes speech of %i Hz, %i bytes and %i channels', async (...format) => {
    const [text] = (await python.run(
      bridge.port,
      `
async with connection() as client:
    await transcribe(client, args[0], convert=[int(arg) for arg in args[1:]], language='en-US')
    return text_of(await until(client, 'transcript'))`,
      ...[letter, ...format.map(String)],
    )) as string[];
    // Eight bits are worse to understand.
    expect(text).toMatch(/first importan(?:ce|t).*letter/i);
  });

  row.works('live', 'tells what is committed while somebody speaks, and the whole at the end', async () => {
    const both = join(folder, 'both.wav');
    const pcm = [READ_SPEECH.letter, READ_SPEECH.gothic].map((id) =>
      speechAs(id, '-ar 16000 -ac 1 -f s16le'),
    );
    writeFileSync(both, Buffer.concat([wavHeader(16_000, 1, Buffer.concat(pcm).length), ...pcm]));
    const { types, chunks, text, before, language } = (await python.run(
      bridge.port,
      `
async with connection() as client:
    stopped = []
    async def speak():
        await transcribe(client, args[0], pace=1, language='en', transcript_names=['Gothic'])
        stopped.append(time.monotonic())
    speaking = asyncio.create_task(speak())
    events, times = [], []
    while not events or events[-1].type not in ('transcript-stop', 'error'):
        events.append(await client.read_event())
        times.append(time.monotonic())
    await speaking
return {
    'types': [event.type for event in events],
    'chunks': [TranscriptChunk.from_event(event).text for event in events if event.type == 'transcript-chunk'],
    'before': sum(event.type == 'transcript-chunk' and at < stopped[0] for event, at in zip(events, times)),
    'text': text_of(events)[0],
    'language': Transcript.from_event(events[-2]).language,
}`,
      both,
    )) as { types: string[]; chunks: string[]; text: string; before: number; language: string };
    expect([types.at(0), ...types.slice(-2)]).toEqual(['transcript-start', 'transcript', 'transcript-stop']);
    expect(chunks.join('')).toBe(text);
    expect(wordsOf(text)).toEqual(expect.arrayContaining(['importance', 'letter', 'italy', 'gothic']));
    expect(before).toBeGreaterThan(0);
    expect(language).toBe('en');
  });

  it('answers with an empty text where nobody spoke, and goes on on the same connection', async () => {
    const texts = await python.run(
      bridge.port,
      `
async with connection() as client:
    await client.write_event(Transcribe().event())
    await client.write_event(AudioStart(16000, 2, 1).event())
    await client.write_event(AudioChunk(16000, 2, 1, bytes(32000)).event())
    await client.write_event(AudioStop().event())
    silent = text_of(await until(client, 'transcript-stop'))
    await transcribe(client, args[0])
    return [silent, text_of(await until(client, 'transcript-stop'))]`,
      letter,
    );
    expect(texts).toEqual([[''], [expect.stringContaining('letter')]]);
  });

  row.works('speech', 'speaks by voice, language or neither, so that it is understood', async () => {
    const spoken = (await python.run(
      bridge.port,
      `
async def speak(voice):
    async with connection() as client:
        await client.write_event(Synthesize('The letter is of the first importance.', voice=voice).event())
        events = await until(client, 'audio-stop')
        chunks = chunks_of(events)
        start = AudioStart.from_event(events[0])
        assert all((chunk.rate, chunk.width, chunk.channels) == (start.rate, 2, 1) for chunk in chunks)
        await client.write_event(Transcribe().event())
        await client.write_event(start.event())
        for chunk in chunks:
            await client.write_event(chunk.event())
        await client.write_event(AudioStop().event())
        return [sum(chunk.seconds for chunk in chunks), text_of(await until(client, 'transcript'))[0]]
async with connection() as client:
    await client.write_event(Describe().event())
    voices = Info.from_event((await until(client, 'info'))[-1]).tts[0].voices
return [await speak(voice) for voice in (None, SynthesizeVoice(name=voices[0].name), SynthesizeVoice(language='en'))]`,
    )) as [number, string][];
    for (const [seconds, text] of spoken) {
      expect(seconds).toBeGreaterThan(1);
      expect(text).toMatch(/letters? .*first importance/i);
    }
  });

  row.works('live speech', 'speaks text that comes in chunks, as Home Assistant sends it', async () => {
    const { types, seconds, whole } = (await python.run(
      bridge.port,
      `
text = ['The light is', ' on. The heating', ' is off. Good night.']
async def seconds_of(client, *types):
    events = await until(client, *types)
    return [event.type for event in events if event.type != 'audio-chunk'], sum(c.seconds for c in chunks_of(events))
async with connection() as client:
    await client.write_event(SynthesizeStart().event())
    for part in text:
        await client.write_event(SynthesizeChunk(part).event())
    await client.write_event(Synthesize(''.join(text)).event())
    await client.write_event(SynthesizeStop().event())
    types, seconds = await seconds_of(client, 'synthesize-stopped')
    await client.write_event(Synthesize(''.join(text)).event())
    return {'types': types, 'seconds': seconds, 'whole': (await seconds_of(client, 'audio-stop'))[1]}`,
    )) as { types: string[]; seconds: number; whole: number };
    expect(types).toEqual(['audio-start', 'audio-stop', 'synthesize-stopped']);
    expect(Math.abs(seconds - whole)).toBeLessThan(whole / 2);
  });

  row.works('errors', 'are events of its own that say what is wrong', async () => {
    const faults = await python.run(
      bridge.port,
      `
async with connection() as client:
    await client.write_event(Transcribe(name='whisper-of-nobody').event())
    await client.write_event(AudioStart(16000, 2, 1).event())
    return errors_of(await until(client, 'transcript'))`,
    );
    expect(faults).toEqual([{ code: 'model.not_found', text: expect.stringContaining('whisper-of-nobody') }]);
  });

  matrix.isDocumented();
});
