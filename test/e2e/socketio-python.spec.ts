/** The namespace /voice with python-socketio: a client that shares no code with the server. */
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { accessToken } from '../support/access-token.js';
import { Platform } from '../support/platform.js';
import { hasPython, pythonWith } from '../support/python-venv.js';
import { speechFile, READ_SPEECH, wordsOf } from '../support/speech-samples.js';

// The first run makes a virtual environment.
jest.setTimeout(240_000);

const PACKAGES = [
  'python-socketio==5.18.1',
  'python-engineio==4.15.1',
  'requests==2.34.2',
  'websocket-client==1.9.2',
];
const suite = hasPython() ? describe : describe.skip;

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

suite('python-socketio (needs python3 with venv)', () => {
  let platform: Platform;
  let python: string;
  beforeAll(async () => {
    platform = await Platform.start();
    python = await pythonWith('socketio', 'socketio', PACKAGES);
  });
  afterAll(() => platform?.stop());

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
