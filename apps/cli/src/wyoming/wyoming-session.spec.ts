import { afterEach, describe, expect, it } from '@jest/globals';
import { type WyomingClient, WYOMING_FORMAT, WyomingRig } from '../../../../test/support/wyoming-rig.js';

const SPEECH = { rate: 24_000, width: 2, channels: 1 };

describe('a session of the Wyoming protocol', () => {
  let rig: WyomingRig;
  afterEach(() => rig?.stop());

  async function started(): Promise<WyomingClient> {
    rig = await WyomingRig.start();
    return rig.open();
  }

  it('describes itself, answers a ping, and drops what it does not know', async () => {
    const client = await started();
    client.send('select-program', { name: 'x' }).send('describe').send('ping', { text: 'hello' });
    expect((await client.next('pong')).data).toEqual({ text: 'hello' });
    expect(client.types).toEqual(['info', 'pong']);
  });

  it('transcribes one recording after another on one connection', async () => {
    const client = await started();
    client.speak(16_000);
    expect((await client.next('transcript')).data).toEqual({ text: '16000 samples.', language: 'en' });
    client.speak(8_000);
    await client.next('transcript-stop');
    while (client.events.length < 8) await new Promise((resolve) => setTimeout(resolve, 5));
    const stream = ['transcript-start', 'transcript-chunk', 'transcript', 'transcript-stop'];
    expect(client.types).toEqual([...stream, ...stream]);
    expect(client.events.at(-2)?.data).toMatchObject({ text: '8000 samples.' });
    expect(rig.gateway.closed).toEqual([true, true]);
  });

  it('asks for the model, language and words that the client names', async () => {
    const client = await started();
    const words = { transcript_names: ['Zoë, room'], transcript_terms: ['lamp', ' '] };
    client.send('transcribe', { name: 'whisper-base', language: 'de-DE', context: null, ...words });
    client.send('audio-start', WYOMING_FORMAT).send('audio-stop');
    await client.next('transcript');
    expect(rig.gateway.queries).toMatchObject([
      { model: 'whisper-base', language: 'de-DE', keyterm: 'Zoë room,lamp', encoding: 'linear16' },
    ]);
  });

  it('converts audio whose format comes with its chunks alone', async () => {
    const client = await started();
    const format = { rate: 48_000, width: 2, channels: 2 };
    client.send('audio-chunk', format, Buffer.alloc(48_000 * 4)).send('audio-stop');
    expect((await client.next('transcript')).data.text).toBe('16000 samples.');
  });

  it('speaks with the voice asked for, else with its own, in one stream of audio', async () => {
    const client = await started();
    client.send('synthesize', { text: 'Hello.', voice: { name: 'heart', speaker: null } });
    await client.next('audio-stop');
    expect(client.events[0]).toMatchObject({ type: 'audio-start', data: SPEECH });
    expect(client.events[1]).toMatchObject({ type: 'audio-chunk', data: SPEECH });
    expect(Buffer.concat(client.events.map(({ payload }) => payload))).toHaveLength(48_000);
    client
      .send('synthesize', { text: 'Hello.' })
      .send('synthesize', { text: 'Hallo.', voice: { language: 'de' } });
    client.send('ping');
    await client.next('pong');
    expect(rig.gateway.spoken.map(({ voice, language }) => [voice, language])).toEqual([
      ['heart', ''],
      ['joe', ''],
      ['', 'de'],
    ]);
  });

  it('speaks sentences of a stream as they come, at one rate, and once', async () => {
    const client = await started();
    rig.gateway.rates = [24_000, 16_000];
    client
      .send('synthesize-start', { voice: { name: 'heart' } })
      .send('synthesize-chunk', { text: 'One. Tw' });
    await client.next('audio-start');
    expect(rig.gateway.spoken.map(({ text }) => text)).toEqual(['One.']);
    client
      .send('synthesize-chunk', { text: 'o.' })
      .send('synthesize', { text: 'One. Two.' })
      .send('synthesize-stop');
    await client.next('synthesize-stopped');
    expect(rig.gateway.spoken.map(({ text }) => text)).toEqual(['One.', 'Two.']);
    expect(client.types.filter((type) => type !== 'audio-chunk')).toEqual([
      ...['audio-start', 'audio-stop', 'synthesize-stopped'],
    ]);
    // A second of each, the other one at the rate of the first.
    expect(Buffer.concat(client.events.map(({ payload }) => payload))).toHaveLength(48_000 + 72_000);
  });
});
