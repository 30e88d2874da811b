import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { request as httpRequest } from 'node:http';
import { wavHeader } from '@parlance/audio';
import { silentVideo, madeFile } from '../support/media-files.js';
import { ListenClient } from '../support/listen-client.js';
import { API_KEY, OTHER_TENANTS_KEY, Platform } from '../support/platform.js';
import { PublicSpeechClient } from '../support/public-speech-client.js';
import { noisePcm, READ_SPEECH, speechAs, speechPcm, wordsOf } from '../support/speech-samples.js';
import { until } from '../support/until.js';

const PCM = { encoding: 'AUDIO_ENCODING_PCM_S16LE', sampleRateHz: 16_000, channels: 1 } as const;

// Machines that test are often busy.
jest.setTimeout(120_000);

describe('bad input at the doors', () => {
  let platform: Platform;
  beforeAll(async () => {
    platform = await Platform.start({
      services: ['inference'],
      gateway: { PARLANCE_MAX_UPLOAD: '8M', PARLANCE_LISTEN_IDLE_MS: '3000' },
    });
  });
  afterAll(() => platform?.stop());

  async function transcribe(file: Buffer, fields: Record<string, string> = {}, key = API_KEY) {
    const form = new FormData();
    form.set('file', new Blob([new Uint8Array(file)]), 'recording.wav');
    for (const [name, value] of Object.entries(fields)) form.set(name, value);
    const answer = await platform.gateway.fetch('/v1/audio/transcriptions', {
      method: 'POST',
      body: form,
      headers: { authorization: `Bearer ${key}` },
    });
    return { status: answer.status, headers: answer.headers, body: (await answer.json()) as Answer };
  }

  interface Answer {
    readonly text?: string;
    readonly error?: { readonly code: string; readonly message: string; readonly type: string };
  }

  /** A refusal has its code and a text for people: no stack, no path, no address. */
  function expectFault(answer: { status: number; body: Answer }, status: number, code: string): void {
    expect(answer.status).toBe(status);
    expect(answer.body.error?.code).toBe(code);
    expect(JSON.stringify(answer.body)).not.toMatch(/\bat \w+.*\(|node_modules|\.js:|127\.0\.0\.1|\/tmp/);
  }

  async function expectNextToWork(): Promise<void> {
    const { body } = await transcribe(speechAs(READ_SPEECH.letter, '-f flac'));
    expect(wordsOf(body.text ?? '')).toContain('letter');
  }

  describe('over HTTP', () => {
    afterAll(expectNextToWork);

    it('an empty file is audio.empty', async () => {
      expectFault(await transcribe(Buffer.alloc(0)), 400, 'audio.empty');
    });
    it('text named .wav is audio.unsupported_format', async () => {
      expectFault(await transcribe(Buffer.from('Not a wave. '.repeat(200))), 415, 'audio.unsupported_format');
    });
    it('a WAV cut in its header is audio.corrupt', async () => {
      const whole = speechAs(READ_SPEECH.letter, '-f wav');
      expectFault(await transcribe(whole.subarray(0, 30)), 422, 'audio.corrupt');
    });
    it('a WAV cut in its samples gives what is there', async () => {
      const whole = speechAs(READ_SPEECH.letter, '-f wav');
      const { body } = await transcribe(whole.subarray(0, whole.length * 0.7));
      expect(wordsOf(body.text ?? '')).toEqual(expect.arrayContaining(['first', 'importance']));
    });
    it.each(['pcm_u8', 'pcm_s24le', 'pcm_s32le'])('a 44.1 kHz stereo WAV of %s is heard', async (codec) => {
      const { body } = await transcribe(speechAs(READ_SPEECH.letter, `-c:a ${codec} -ar 44100 -ac 2 -f wav`));
      expect(wordsOf(body.text ?? '')).toContain('importance');
    });
    it("openai-whisper's options are obeyed", async () => {
      const fields = { clip_timestamps: '0,2', beam_size: '2', condition_on_previous_text: 'false' };
      const { body } = await transcribe(speechAs(READ_SPEECH.letter, '-f flac'), fields);
      expect(wordsOf(body.text ?? '')).toContain('first');
      expect(wordsOf(body.text ?? '')).not.toContain('form');
    });
    it('a video without sound is audio.empty', async () => {
      expectFault(await transcribe(silentVideo(2)), 400, 'audio.empty');
    });
    it('three hours of audio are audio.too_long', async () => {
      const long = madeFile('flac', '-f', 'lavfi', '-i', 'anullsrc=r=8000:cl=mono', '-t', '10800');
      expectFault(await transcribe(long), 413, 'audio.too_long');
    });
    it('silence and pure noise give no words', async () => {
      const wav = (pcm: Buffer): Buffer => Buffer.concat([wavHeader(16_000, 1, pcm.length), pcm]);
      expect((await transcribe(wav(Buffer.alloc(96_000)))).body.text).toBe('');
      expect((await transcribe(wav(noisePcm(3, 0.05)))).body.text).toBe('');
    });
    it('a file over the limit is request.too_large, announced or not', async () => {
      expectFault(await transcribe(Buffer.alloc(9 * 2 ** 20, 1)), 413, 'request.too_large');
      expectFault(await sendChunked(9 * 2 ** 20), 413, 'request.too_large');
    });
    it('an unknown model is model.not_found', async () => {
      const answer = await transcribe(speechAs(READ_SPEECH.letter, '-f flac'), {
        model: 'whisper-of-nobody',
      });
      expectFault(answer, 404, 'model.not_found');
    });
    it('a missing key and a wrong key have their codes', async () => {
      const without = await fetch(`${platform.gateway.url}/v1/models`);
      expect(without.status).toBe(401);
      await expect(without.json()).resolves.toMatchObject({ error: { code: 'auth.missing_token' } });
      expectFault(await transcribe(Buffer.alloc(10), {}, 'pk_wrong'), 401, 'auth.invalid_token');
    });
    it('a wrong field, a missing file and a body that is no form are request.invalid', async () => {
      const wav = speechAs(READ_SPEECH.letter, '-f flac');
      expectFault(await transcribe(wav, { response_format: 'poem' }), 400, 'request.invalid');
      expectFault(await transcribe(wav, { temperature: 'warm' }), 400, 'request.invalid');
      const absurd = await transcribe(wav, { beam_size: '1000000' });
      expectFault(absurd, 400, 'request.invalid');
      expect(absurd.body.error?.message).toContain('beam_size');
      expectFault(await transcribe(wav, { language: 'xx' }), 400, 'model.language_unsupported');
      const form = new FormData();
      form.set('model', 'whisper-1');
      const missing = await platform.gateway.fetch('/v1/audio/transcriptions', {
        method: 'POST',
        body: form,
      });
      expect(missing.status).toBe(400);
      const plain = await platform.gateway.fetch('/v1/audio/transcriptions', {
        method: 'POST',
        body: 'hello',
      });
      await expect(plain.json()).resolves.toMatchObject({ error: { code: 'request.invalid' } });
    });
    it('an unknown address is request.not_found with its request id', async () => {
      const answer = await platform.gateway.fetch('/api/v1/nothing', {
        headers: { 'x-request-id': 'mine-1' },
      });
      expect(answer.status).toBe(404);
      await expect(answer.json()).resolves.toMatchObject({
        error: { code: 'request.not_found', requestId: 'mine-1' },
      });
    });
    it("another tenant's turn is turn.not_found", async () => {
      const answer = await platform.gateway.fetch('/api/v1/turns/01ARZ3NDEKTSV4RRFFQ69G5FAV', {
        headers: { authorization: `Bearer ${OTHER_TENANTS_KEY}` },
      });
      await expect(answer.json()).resolves.toMatchObject({ error: { code: 'turn.not_found' } });
    });
    it('a client that leaves in the middle of its upload frees what it held', async () => {
      const upload = httpRequest(`${platform.gateway.url}/v1/audio/transcriptions`, {
        method: 'POST',
        headers: { authorization: `Bearer ${API_KEY}`, 'content-type': 'multipart/form-data; boundary=x' },
      });
      upload.on('error', () => undefined);
      upload.write('--x\r\ncontent-disposition: form-data; name="file"; filename="a.wav"\r\n\r\nRIFF');
      await new Promise((resolve) => setTimeout(resolve, 200));
      upload.destroy();
      await expectNextToWork();
    });
  });

  describe('over the WebSocket', () => {
    it('a malformed text frame is request.invalid', async () => {
      const client = await ListenClient.open(platform.gateway.url);
      client.socket.send('hello?');
      await expect(client.closed).resolves.toMatchObject({ code: 4400, reason: 'request.invalid' });
    });
    it('a socket that says nothing is stream.idle_timeout, one that keeps alive is not', async () => {
      const silent = await ListenClient.open(platform.gateway.url);
      const kept = await ListenClient.open(platform.gateway.url);
      const alive = setInterval(() => kept.control('KeepAlive'), 1_000);
      await expect(silent.closed).resolves.toMatchObject({ code: 4408, reason: 'stream.idle_timeout' });
      expect(kept.of('Error')).toEqual([]);
      clearInterval(alive);
      kept.control('CloseStream');
      expect((await kept.closed).code).toBe(1000);
    });
    it('a client that vanishes frees its stream', async () => {
      const client = await ListenClient.open(platform.gateway.url);
      await client.speak(speechPcm(READ_SPEECH.letter).subarray(0, 32_000), 20);
      client.socket.terminate();
      await until(async () => (await platform.gateway.metric('parlance_gateway_listen_sockets')) === 0);
      await expectNextToWork();
    });
    it('a flood is slowed to what recognition takes, in bounded memory, and heard whole', async () => {
      const client = await ListenClient.open(platform.gateway.url, { interim_results: 'false' });
      const speech = Buffer.concat([speechPcm(READ_SPEECH.letter), Buffer.alloc(32_000)]);
      const before = await platform.gateway.metric('process_resident_memory_bytes');
      for (let round = 0; round < 20; round++) client.socket.send(speech);
      client.control('CloseStream');
      expect((await client.closed).code).toBe(1000);
      const after = await platform.gateway.metric('process_resident_memory_bytes');
      expect(client.finals.length).toBeGreaterThanOrEqual(19);
      expect(after - before).toBeLessThan(64 * 2 ** 20);
    });
  });

  describe('over gRPC', () => {
    const api = (key?: string) => new PublicSpeechClient(platform.gateway.grpcAddress, key);

    it('a wrong key is UNAUTHENTICATED', async () => {
      const end = await api('pk_wrong')
        .openStream()
        .configure({ recognition: { audio: PCM } }).ended;
      expect(end).toMatchObject({ status: 16, code: 'auth.invalid_token' });
    });
    it('audio before any configuration is stream.config_missing', async () => {
      const end = await api()
        .openStream()
        .write({ audio: Buffer.alloc(320) }).ended;
      expect(end).toMatchObject({ status: 3, code: 'stream.config_missing' });
    });
    it('a stream that ends at once is stream.config_missing', async () => {
      expect(await api().openStream().end()).toMatchObject({ code: 'stream.config_missing' });
    });
    it('a second configuration is stream.config_repeated', async () => {
      const config = { recognition: { audio: PCM } };
      const end = await api().openStream().configure(config).configure(config).ended;
      expect(end).toMatchObject({ status: 3, code: 'stream.config_repeated' });
    });
    it('an unknown model is NOT_FOUND', async () => {
      const config = { recognition: { audio: PCM, model: 'whisper-of-nobody' } };
      const end = await api().openStream().configure(config).ended;
      expect(end).toMatchObject({ status: 5, code: 'model.not_found' });
    });
    it('a client that vanishes in mid-stream leaves the next one its place', async () => {
      const stream = api()
        .openStream()
        .configure({ recognition: { audio: PCM }, mode: 'STREAMING_MODE_LIVE' });
      await stream.send(speechPcm(READ_SPEECH.letter).subarray(0, 64_000));
      stream.call.cancel();
      expect((await stream.ended).status).toBe(1);
      const next = api()
        .openStream()
        .configure({ recognition: { audio: PCM }, mode: 'STREAMING_MODE_RECORDING' });
      await next.send(speechPcm(READ_SPEECH.letter));
      expect((await next.end()).status).toBe(0);
      expect(wordsOf(next.text)).toContain('letter');
    });
  });

  /** Sends a file without telling its length. */
  function sendChunked(bytes: number): Promise<{ status: number; body: Answer }> {
    return new Promise((resolve, reject) => {
      const upload = httpRequest(`${platform.gateway.url}/v1/audio/transcriptions`, {
        method: 'POST',
        headers: { authorization: `Bearer ${API_KEY}`, 'content-type': 'multipart/form-data; boundary=x' },
      });
      upload.once('response', (answer) => {
        const status = answer.statusCode ?? 0;
        void answer.toArray().then((parts) => {
          resolve({ status, body: JSON.parse(Buffer.concat(parts).toString()) as Answer });
        }, reject);
      });
      upload.on('error', reject);
      upload.write('--x\r\ncontent-disposition: form-data; name="file"; filename="a.wav"\r\n\r\n');
      for (let sent = 0; sent < bytes; sent += 65_536) upload.write(Buffer.alloc(65_536, 1));
      upload.end('\r\n--x--\r\n');
    });
  }
});
