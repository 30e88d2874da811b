/** What clients of `parlance wyoming` are told where something is wrong, and that it serves on. */
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { API_KEY, Platform } from '../support/platform.js';
import { hasPython } from '../support/python-venv.js';
import { runParlance } from '../support/run-parlance.js';
import { READ_SPEECH, speechAs, wordsOf } from '../support/speech-samples.js';
import { until } from '../support/until.js';
import { WyomingBridge } from '../support/wyoming-bridge.js';
import { wyomingPage, WyomingPython } from '../support/wyoming-python.js';

// The first run makes a virtual environment.
jest.setTimeout(240_000);

interface Fault {
  readonly code: string;
  readonly text: string;
}

const suite = hasPython() ? describe : describe.skip;

suite('faults of parlance wyoming (needs python3 with venv)', () => {
  let platform: Platform;
  let python: WyomingPython;
  let bridge: WyomingBridge;
  let folder: string;
  let letter: string;
  const others: WyomingBridge[] = [];

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'parlance-wyoming-'));
    letter = join(folder, 'letter.wav');
    writeFileSync(letter, speechAs(READ_SPEECH.letter, '-ar 16000 -ac 1 -c:a pcm_s16le -f wav'));
    platform = await Platform.start({ services: ['inference', 'tts'] });
    python = await WyomingPython.prepare();
    bridge = await WyomingBridge.start(platform.gateway.url, API_KEY);
  });
  afterEach(async () => {
    await Promise.all(others.splice(0).map((other) => other.stop()));
  });
  afterAll(async () => {
    await bridge?.stop();
    await platform?.stop();
    rmSync(folder, { recursive: true });
  });

  async function another(url: string, key = API_KEY): Promise<WyomingBridge> {
    const started = await WyomingBridge.start(url, key);
    others.push(started);
    return started;
  }

  /** What comes of bytes that no client of the package sends. */
  async function answerTo(bytes: string | Buffer): Promise<string> {
    const socket = connect(bridge.port, '127.0.0.1');
    let answer = '';
    socket.on('data', (data) => (answer += String(data)));
    socket.on('error', () => undefined);
    socket.end(bytes);
    await once(socket, 'close');
    return answer;
  }

  it('tells by code what a client asks for that is not there', async () => {
    const faults = (await python.run(
      bridge.port,
      `
async def fault(*events):
    async with connection() as client:
        for event in events:
            await client.write_event(event.event())
        found = errors_of(await until(client))
        return found[0], await client.read_event()
start = AudioStart(16000, 2, 1)
return [
    await fault(Transcribe(name='whisper-of-nobody'), start),
    await fault(Transcribe(language='de'), start),
    await fault(Transcribe(language='???'), start),
    await fault(Synthesize('Hello.', voice=SynthesizeVoice(name='nobody'))),
    await fault(AudioStart(1000, 2, 1)),
    await fault(AudioStart(16000, 5, 1)),
    await fault(Synthesize('')),
]`,
    )) as [Fault, null][];
    expect(faults.map(([{ code }]) => code)).toEqual([
      'model.not_found',
      'model.language_unsupported',
      'request.invalid',
      'voice.not_found',
      'audio.unsupported_format',
      'audio.unsupported_format',
      'request.invalid',
    ]);
    expect(faults.every(([{ text }, next]) => text.length > 10 && next === null)).toBe(true);
  });

  it('outlives whatever is sent to it', async () => {
    const random = Buffer.from(Array.from({ length: 100_000 }, (_, i) => (i * 2_654_435_761) >>> 24));
    for (const bytes of [
      'GET / HTTP/1.1\r\nHost: parlance\r\n\r\n',
      random,
      Buffer.alloc(200_000, 'x'),
      '['.repeat(60_000) + '\n',
      '{"type":"audio-chunk","data_length":2,"payload_length":5}\n{}',
      '{"type":"audio-chunk","payload_length":99999999999}\n',
      '{"type":"audio-start","data":{"rate":1e308,"width":2,"channels":1}}\n',
      '{"type":"transcribe","data":{"language":{"__proto__":1}}}\n',
      '{"type":"synthesize","data":{"text":"\\ud800"}}\n',
    ]) {
      const answer = await answerTo(bytes);
      expect(answer).toMatch(/^\{"type":"(error|audio-start)"/);
    }
    expect(await answerTo('{"type":"unknown"}\n{"type":"constructor"}\n{"type":"ping"}\n')).toMatch(
      /^\{"type":"pong"/,
    );
    expect(bridge.isRunning).toBe(true);
    expect(bridge.errors).not.toContain('    at ');
    expect(bridge.errors).not.toContain('internal.unexpected');
  });

  it('serves many at once, and tells those that are too many', async () => {
    const answers = (await python.run(
      bridge.port,
      `
async def one():
    async with connection() as client:
        await transcribe(client, args[0], language='en')
        events = await until(client, 'transcript')
        return [*text_of(events), *(error['code'] for error in errors_of(events))]
return await asyncio.gather(*(one() for _ in range(12)), return_exceptions=False)`,
      letter,
    )) as string[][];
    const texts = answers.filter(([text]) => wordsOf(text ?? '').includes('letter'));
    expect(texts.length).toBeGreaterThanOrEqual(8);
    const refused = answers.flat().filter((text) => !wordsOf(text).includes('letter'));
    expect(refused.every((code) => code === 'inference.overloaded')).toBe(true);
  });

  it('says that the key is wrong, and that nobody answers and when to try again', async () => {
    const describeAt = async (url: string, key?: string): Promise<unknown> =>
      python.run(
        (await another(url, key)).port,
        `
async with connection() as client:
    await client.write_event(Describe().event())
    return errors_of(await until(client, 'info'))[0]`,
      );
    expect(await describeAt(platform.gateway.url, 'wrong')).toMatchObject({ code: 'auth.invalid_token' });
    expect(await describeAt('http://127.0.0.1:9')).toMatchObject({
      code: 'upstream.unavailable',
      text: expect.stringMatching(/Try again in \d+ s\.$/),
    });
  });

  it('tells a client whose gateway is lost while it speaks, and serves again when that is back', async () => {
    const marker = join(folder, 'speaking');
    const lost = python.run(
      bridge.port,
      `
async def mark():
    await asyncio.sleep(2)
    open(args[1], 'w').close()
events = []
try:
    async with connection() as client:
        marking = asyncio.create_task(mark())
        async def read():
            events.extend(await until(client, 'transcript'))
        reading = asyncio.create_task(read())
        try:
            await transcribe(client, args[0], pace=0.25)
        finally:
            await reading
except OSError:
    # It was still speaking.
    pass
return errors_of(events)`,
      letter,
      marker,
    );
    await until(() => existsSync(marker));
    await platform.kill('gateway');
    expect(await lost).toEqual([
      { code: 'inference.interrupted', text: expect.stringMatching(/Try again in 1 s\.$/) },
    ]);
    await platform.restart('gateway');
    const environment = { WYOMING_PORT: String(bridge.port) };
    expect(await python.execute(['-c', wyomingPage('py'), letter], environment)).toContain('letter');
  });

  it('ends by Ctrl-C with those who are connected, and says that a port is taken', async () => {
    const ended = await another(platform.gateway.url);
    const taken = await runParlance(['wyoming', '--port', String(ended.port)], {
      PARLANCE_URL: platform.gateway.url,
      PARLANCE_API_KEY: API_KEY,
    });
    expect(taken).toMatchObject({ status: 1, errors: expect.stringMatching(/EADDRINUSE.*--port/) });
    const socket = connect(ended.port, '127.0.0.1');
    socket.on('error', () => undefined);
    await once(socket, 'connect');
    const closed = once(socket, 'close');
    expect(await ended.stop('SIGINT')).toBe(0);
    await closed;
  });
});
