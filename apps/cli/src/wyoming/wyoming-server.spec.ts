import { afterEach, describe, expect, it } from '@jest/globals';
import { AppError } from '@parlance/errors';
import { type WyomingClient, WYOMING_FORMAT, WyomingRig } from '../../../../test/support/wyoming-rig.js';
import type { WyomingServerLimits } from './wyoming-server.js';

describe('the Wyoming server', () => {
  let rig: WyomingRig;
  afterEach(() => rig?.stop());

  async function started(limits: Partial<WyomingServerLimits> = {}): Promise<WyomingClient> {
    rig = await WyomingRig.start(limits);
    return rig.open();
  }

  it.each([
    ['audio-start', { rate: 4_000, width: 2, channels: 1 }, 'audio.unsupported_format', /^rate: /],
    ['audio-chunk', {}, 'stream.config_missing', /^audio-chunk: /],
    ['audio-stop', {}, 'stream.config_missing', /^audio-stop: /],
    ['transcribe', { language: 7 }, 'request.invalid', /^transcribe: language: /],
    ['synthesize', { text: ' ' }, 'request.invalid', /^text: /],
    ['synthesize', {}, 'request.invalid', /^synthesize: text: /],
    ['synthesize', { text: 'x'.repeat(70_000) }, 'speech.text_too_long', /longer than/],
    ['synthesize', { text: '<speak/>', text_format: 'ssml' }, 'speech.ssml_unsupported', /^text_format: /],
    ['synthesize', { text: 'Hi.', voice: { name: 'joe', speaker: 'x' } }, 'voice.not_found', /^speaker: /],
    ['synthesize-chunk', { text: 'Hi.' }, 'stream.config_missing', /^synthesize-chunk: /],
    ['synthesize-stop', {}, 'stream.config_missing', /^synthesize-stop: /],
  ])('tells what is wrong with %s, ends that connection and no other', async (type, data, code, text) => {
    const client = await started();
    const other = await rig.open();
    expect(await client.send(type, data).fault()).toEqual({ code, text: expect.stringMatching(text) });
    expect(client.types).toEqual(['error']);
    expect(rig.reported).toEqual([code]);
    other.send('ping');
    expect((await other.next('pong')).data).toEqual({ text: null });
  });

  it.each([
    ['a second audio-start', 'audio-start', WYOMING_FORMAT, 'stream.config_repeated'],
    ['a second transcribe', 'transcribe', {}, 'request.invalid'],
    ['another format', 'audio-chunk', { ...WYOMING_FORMAT, channels: 2 }, 'audio.unsupported_format'],
  ])('refuses %s within audio', async (_, type, data, code) => {
    const client = await started();
    client
      .send('audio-start', WYOMING_FORMAT)
      .send('audio-chunk', WYOMING_FORMAT, Buffer.alloc(2))
      .send(type, data);
    expect(await client.fault()).toMatchObject({ code });
    expect(rig.gateway.closed).toEqual([true]);
  });

  it.each([
    'hello\n',
    '\n',
    '{"type":"ping","data_length":1e9}\n',
    '{"type":"audio-chunk","payload_length":9e9}\n',
  ])('answers %j by an error and ends the connection, though more comes', async (bytes) => {
    const client = await started();
    client.socket.write(bytes + 'x'.repeat(100_000));
    expect(await client.fault()).toMatchObject({ code: expect.stringMatching(/^request\./) });
  });

  it('ends with a client that ends within an event, and answers one that only ends its side', async () => {
    const client = await started();
    client.socket.end('{"type":');
    expect(await client.fault()).toMatchObject({ code: 'request.invalid' });
    const other = await rig.open();
    other.speak(100).socket.end();
    await other.ended;
    expect(other.types).toContain('transcript');
  });

  it('says when to try again where the gateway is away, at once also in the middle of audio', async () => {
    const client = await started();
    rig.gateway.fault = new AppError('upstream.unavailable', 'Nobody answers.');
    const told = { code: 'upstream.unavailable', text: 'Nobody answers. Try again in 2 s.' };
    expect(await client.send('describe').fault()).toEqual(told);
    expect(await (await rig.open()).send('synthesize', { text: 'Hello.' }).fault()).toEqual(told);
    expect(await (await rig.open()).speak(1_000_000).fault()).toEqual(told);
    rig.gateway.fault = undefined;
    rig.gateway.breaksWith = new AppError('inference.interrupted', 'It broke off.');
    const speaking = (await rig.open())
      .send('audio-start', WYOMING_FORMAT)
      .send('audio-chunk', WYOMING_FORMAT, Buffer.alloc(100));
    expect(await speaking.fault()).toMatchObject({ code: 'inference.interrupted' });
  });

  it('bounds connections, audio, silence and the time a gateway may need', async () => {
    const limits = { connections: 2, audioMs: 1_000, idleMs: 300, answerMs: 200, lingerMs: 200 };
    const client = await started(limits);
    const second = await rig.open();
    expect(await (await rig.open()).fault()).toMatchObject({ code: 'inference.overloaded' });
    expect(await client.speak(16_001).fault()).toMatchObject({ code: 'audio.too_long' });
    expect(await second.fault()).toEqual({
      code: 'stream.idle_timeout',
      text: 'Nothing was sent for 0.3 s. Try again.',
    });
    rig.gateway.hangs = true;
    expect(await (await rig.open()).speak(100).fault()).toMatchObject({ code: 'inference.interrupted' });
  });

  it('holds back speech that its client does not read, and ends a client that never does', async () => {
    const client = await started({ idleMs: 300, lingerMs: 100 });
    rig.gateway.bytesOfSpeech = 64 * 1024 ** 2;
    client.socket.pause();
    const before = process.memoryUsage().arrayBuffers;
    client.send('synthesize', { text: 'Hello.' });
    while (rig.reported.length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    expect(rig.reported).toEqual(['stream.idle_timeout']);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(32 * 1024 ** 2);
  });

  it('ends every connection when it is closed', async () => {
    const client = await started();
    await rig.stop();
    await client.ended;
  });
});
