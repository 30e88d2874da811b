/** The namespace /voice with clients that share no code with the server: python-socketio, and a page in a browser. */
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { VOICE_SERVER_EVENTS } from '@parlance/contracts';
import { accessToken } from '../support/access-token.js';
import { chromiumProgram } from '../support/browser.js';
import { Platform } from '../support/platform.js';
import { hasPython, pythonWith } from '../support/python-venv.js';
import { READ_SPEECH, speechAs, speechFile, wordsOf } from '../support/speech-samples.js';
import { VoicePage } from '../support/voice-page.js';

// The first run makes a virtual environment.
jest.setTimeout(240_000);

const PACKAGES = [
  'python-socketio==5.18.1',
  'python-engineio==4.15.1',
  'requests==2.34.2',
  'websocket-client==1.9.2',
];
const withPython = hasPython() ? describe : describe.skip;
const chromium = chromiumProgram();
const withChromium = chromium ? describe : describe.skip;

const SCRIPT = `
import json, sys, threading, socketio
url, token, file = sys.argv[1:]
client, seen, spoken = socketio.Client(reconnection=False), [], []
answered = threading.Event()

@client.on('*', namespace='/voice')
def event(name, data):
    seen.append((name, data.get('metadata', {}).get('part')))
    if name == 'voice:transcribed' and data['isFinal']:
        spoken.append(data['text'])
    if name == 'voice:response' and data['audio']:
        spoken.append(data['audio']['data'][:4].hex())
        answered.set()

def ask(name, data):
    return client.call(name, data, namespace='/voice', timeout=60)

client.connect(url, namespaces=['/voice'], auth={'token': token}, transports=sys.argv[4:] or ['websocket'])
session = {'sessionId': ask('voice:join', {'settings': {'language': 'en'}})['sessionId']}
started = ask('voice:start-recording', session)
audio = open(file, 'rb').read()
slices = [audio[at:at + 8192] for at in range(0, len(audio), 8192)]
for index, chunk in enumerate(slices):
    client.emit('voice:audio-chunk', {**session, 'audioChunk': chunk, 'chunkIndex': index,
        'isLastChunk': index == len(slices) - 1}, namespace='/voice')
answered.wait(60)
refused = ask('voice:text-message', {**session, 'text': ''})
ended = ask('voice:end', session)
client.disconnect()
print(json.dumps({'started': started, 'seen': seen, 'spoken': spoken, 'refused': refused, 'ended': ended}))
`;

let platform: Platform;
beforeAll(async () => {
  platform = await Platform.start();
});
afterAll(() => platform?.stop());

withPython('python-socketio (needs python3 with venv)', () => {
  let python: string;
  beforeAll(async () => {
    python = await pythonWith('socketio', 'socketio', PACKAGES);
  });

  it('converses: joins, speaks in binary chunks, gets text and audio, is refused by code, ends', async () => {
    const token = await accessToken('ada');
    const args = ['-c', SCRIPT, platform.gateway.url, token, speechFile(READ_SPEECH.letter)];
    const { stdout } = await promisify(execFile)(python, args);
    const { started, seen, spoken, refused, ended } = JSON.parse(stdout) as Record<string, unknown> & {
      seen: [string, string | null][];
      spoken: string[];
    };
    expect(started).toEqual({ ok: true, recognizer: 'server' });
    expect(wordsOf(spoken[0] ?? '')).toContain('letter');
    expect(spoken.length).toBeGreaterThan(1);
    const names = seen.map(([name, part]) => part ?? name);
    expect(names).toEqual(
      expect.arrayContaining([
        'voice:joined',
        'voice:recording-started',
        'voice:recording-stopped',
        'sentence',
        'speech',
      ]),
    );
    expect(refused).toMatchObject({ error: { code: 'request.invalid' } });
    expect(ended).toMatchObject({ ok: true, metrics: { turns: 1 } });
  });
});

withChromium('a page in Chromium with a fake microphone (needs chromium-headless-shell)', () => {
  let folder: string;
  let microphone: string;
  let page: VoicePage | undefined;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'parlance-microphone-'));
    microphone = join(folder, 'microphone.wav');
    await writeFile(microphone, speechAs(READ_SPEECH.letter, '-af apad=pad_dur=3 -ar 48000 -ac 1 -f wav'));
  });
  afterEach(async () => {
    await page?.close();
    page = undefined;
  });
  afterAll(() => rm(folder, { recursive: true }));

  /** A page that has joined; each recording of its microphone begins with the same sentence. */
  async function joined(settings: object): Promise<VoicePage> {
    page = await VoicePage.open(chromium!, microphone);
    const token = await accessToken('ada');
    await page.join(platform.gateway.url, token, { language: 'en', ...settings });
    return page;
  }

  const finalsOf = async (of: VoicePage): Promise<string> =>
    (await of.of('voice:transcribed'))
      .filter(({ isFinal }) => isFinal)
      .map(({ text }) => text)
      .join(' ');

  it('records by MediaRecorder, is understood while it records, plays the reply to its end and says voice:tts-complete', async () => {
    // Fast, so that it is played soon.
    const browser = await joined({ speed: 2 });
    expect(await browser.startRecording('webm')).toEqual({ ok: true, recognizer: 'server' });
    const { messageId } = await browser.next('voice:response', ({ metadata }) => metadata.part === 'speech');
    // The end of the turn was found before the recording ended.
    const { stopped, chunks } = await browser.stopRecording();
    expect(chunks.length).toBeGreaterThan(15);
    expect(chunks.filter(({ ok }) => !ok)).toEqual([]);
    expect(stopped).toMatchObject({ ok: true, chunks: chunks.length });
    expect(wordsOf(await finalsOf(browser))).toEqual(
      expect.arrayContaining(['first', 'importance', 'letter']),
    );
    expect((await browser.of('voice:transcribed')).some(({ isFinal }) => !isFinal)).toBe(true);

    expect(await browser.next('voice:ready', (event) => event.messageId === messageId)).toBeDefined();
    const { acknowledgements, played, level, events } = await browser.view();
    expect(acknowledgements).toEqual([['voice:tts-complete', { ok: true }]]);
    const reply = (await browser.of('voice:response')).find(({ metadata }) => metadata.part === 'reply');
    expect(played.map(({ index }) => index)).toEqual(
      Array.from({ length: reply?.metadata.sentences ?? 0 }, (_, index) => index),
    );
    for (const { seconds, durationMs, isWhole } of played) {
      expect(isWhole).toBe(true);
      expect(Math.abs(seconds - durationMs / 1_000)).toBeLessThan(0.15);
    }
    // It is sound: what went to the loudspeaker is as loud as speech.
    expect(level).toBeGreaterThan(0.01);
    for (const { name } of events) expect(Object.keys(VOICE_SERVER_EVENTS)).toContain(name);
    expect(await browser.of('voice:error')).toEqual([]);
    expect(browser.faults).toEqual([]);
    expect(await browser.end()).toMatchObject({ ok: true, metrics: { turns: 1 } });
  });

  it('records raw samples by an AudioWorklet, and stops the reply that somebody speaks into', async () => {
    // Slow, so that there is time to speak into it.
    const browser = await joined({ speed: 0.5 });
    await browser.startRecording('pcm');
    const { messageId } = await browser.next('voice:response', ({ metadata }) => metadata.part === 'speech');
    await browser.stopRecording();
    await browser.startRecording('pcm');
    const { messageId: interrupted, played } = await browser.next('voice:interrupted');
    expect(interrupted).toBe(messageId);
    const sentences = (await browser.of('voice:response')).filter(
      (event) => event.messageId === messageId && event.metadata.part === 'sentence',
    );
    expect(
      sentences
        .map(({ text }) => text)
        .join(' ')
        .startsWith(played),
    ).toBe(true);
    // What was said into it is the next turn.
    await browser.next('voice:response', (event) => event.messageId !== messageId);
    const { stopped, chunks } = await browser.stopRecording();
    expect([stopped.ok, chunks.every(({ ok }) => ok)]).toEqual([true, true]);
    expect(wordsOf(await finalsOf(browser)).filter((word) => word === 'letter')).toHaveLength(2);
    const { played: spoken } = await browser.view();
    const whole = spoken.filter((one) => one.messageId === messageId && one.isWhole);
    expect(whole.length).toBeLessThan(sentences.length);
    expect(browser.faults).toEqual([]);
  });
});
