import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { TranscriptionClient, type TranscriptionRequest } from './transcription.client.js';

interface Seen {
  readonly path: string | undefined;
  readonly form: string;
}

const DONE = 'data: {"type":"transcript.text.done","text":"All of it."}\n\n';

describe('the client of the transcription routes', () => {
  let server: Server;
  let client: TranscriptionClient;
  let chunks: readonly (string | Uint8Array)[];
  let seen: Seen;

  beforeEach(async () => {
    server = createServer((request, response) => {
      void text(request).then(async (form) => {
        seen = { path: request.url, form };
        for (const chunk of chunks) {
          response.write(chunk);
          // Each in a chunk of its own.
          await new Promise((resolve) => setTimeout(resolve, 5));
        }
        response.end();
      });
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    client = new TranscriptionClient(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, 'key');
  });
  afterEach(() => new Promise((resolve) => server.close(resolve)));

  async function* audio() {
    yield Buffer.from('some ');
    yield Buffer.from('sound');
  }

  async function transcribe(options: Partial<TranscriptionRequest> = {}) {
    const deltas: string[] = [];
    const onText = (delta: string) => void deltas.push(delta);
    const request = { audio: audio(), fileName: 'a "b".wav', format: 'text', onText, ...options } as const;
    return { transcript: await client.transcribe(request), deltas };
  }

  it('sends its fields, then the audio as it is read', async () => {
    chunks = [DONE];
    await transcribe({ isTranslated: true, language: 'en', options: [['beam_size', '5']] });
    expect(seen.path).toBe('/v1/audio/translations');
    const fields = [...seen.form.matchAll(/name="(\w+)"\r\n\r\n(.*)\r\n/g)].map(([, name, value]) => [
      name,
      value,
    ]);
    expect(Object.fromEntries(fields)).toEqual({
      model: 'whisper-1',
      response_format: 'json',
      language: 'en',
      beam_size: '5',
      stream: 'true',
    });
    expect(seen.form).toMatch(/filename="a _b_\.wav"\r\n.*\r\n\r\nsome sound\r\n--parlance/);
  });

  it('finds events across chunk borders, wherever these fall, and leaves out comments and other fields', async () => {
    chunks = [
      ': hello\nevent: x\nid: 7\ndata: {"type":"transcript.te',
      'xt.delta","delta":"All "}\n',
      '\ndata:{"type":"transcript.text.delta",\ndata: "delta":"of it."}\r\n\r',
      `\n${DONE}data: [DONE]\n\n`,
    ];
    expect(await transcribe()).toEqual({ transcript: 'All of it.', deltas: ['All ', 'of it.'] });
  });

  it('keeps a character whole whose bytes came in two chunks', async () => {
    const bytes = Buffer.from('data: {"type":"transcript.text.done","text":"né"}\n\n');
    const middle = bytes.indexOf(0xc3) + 1;
    chunks = [bytes.subarray(0, middle), bytes.subarray(middle)];
    expect(await transcribe({ format: 'json' })).toMatchObject({ transcript: '{"text":"né"}' });
  });

  it('says that a transcript broke off, also in the middle of its last event', async () => {
    chunks = ['data: {"type":"transcript.text.delta","delta":"All "}\n\n', DONE.trimEnd()];
    await expect(transcribe()).rejects.toMatchObject({ code: 'inference.interrupted' });
  });

  it('passes on a fault that comes as an event', async () => {
    chunks = ['data: {"error":{"code":"audio.corrupt","message":"Damaged."}}\n\n'];
    await expect(transcribe()).rejects.toMatchObject({ code: 'audio.corrupt', message: 'Damaged.' });
  });
});
