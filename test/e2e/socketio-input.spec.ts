/** What the Socket.IO namespace /voice refuses, and how: handshakes, events, floods. */
import { describe, expect, it } from '@jest/globals';
import { accessToken, BAD_TOKENS } from '../support/access-token.js';
import { NO_MODELS } from '../support/models.js';
import { API_KEY, OTHER_TENANTS_KEY } from '../support/platform.js';
import { until } from '../support/until.js';
import { VoiceClient } from '../support/voice-client.js';
import { QUIET, RAW, SPEECH, voiceRig } from '../support/voice-rig.js';

const rig = voiceRig({ tts: NO_MODELS });

describe('a handshake', () => {
  it.each([
    ['without a token', async () => ({}), 'auth.missing_token'],
    ['with another namespace', async () => ({ token: API_KEY, namespace: '/' }), 'request.not_found'],
  ] as const)('%s is refused by its code', async (_, options, code) => {
    expect(await VoiceClient.refusal(rig.one.url, await options())).toBe(code);
  });

  it.each(BAD_TOKENS)('with a token that %s is refused by its code', async (_, token, code) => {
    expect(await VoiceClient.refusal(rig.one.url, { token: await token() })).toBe(code);
  });

  it('takes the token in the Authorization header, over long polling too', async () => {
    const headers = { authorization: `Bearer ${await accessToken('ada')}` };
    const client = await VoiceClient.connect(rig.one.url, { headers, transports: ['polling'] });
    rig.keep(client);
    expect(await client.join(QUIET)).toMatchObject({ status: 'created' });
    await client.ask('voice:text-message', { text: 'Hello over polling.' });
    await until(() => client.parts('reply')[0], 30_000);
  });
});

describe('the AsyncAPI document', () => {
  it('names every event that is taken, and no other is', async () => {
    const answer = await rig.one.fetch('/api/asyncapi.json');
    const { channels } = (await answer.json()) as {
      channels: { voice: { messages: Record<string, unknown> } };
    };
    const names = Object.keys(channels.voice.messages);
    const fromClient = names.flatMap((name) => (name.startsWith('client.') ? [name.slice(7)] : []));
    expect(fromClient).toHaveLength(8);
    const client = await rig.joined();
    for (const name of fromClient) {
      // Each knows its fields: one that none has is refused by its name.
      const { error } = await client.ask(name as 'voice:join', { mood: 'good' });
      expect(error?.message).toContain('mood: is no option here');
      expect(client.of('voice:error').at(-1)?.event).toBe(name);
    }
    const told = new Set(client.events.map(({ name }) => `server.${name}`));
    expect(names).toEqual(expect.arrayContaining([...told]));
  });
});

describe('what a client should not send', () => {
  it('is refused by its code, and the connection goes on', async () => {
    const client = await rig.joined();
    const codes = async (name: Parameters<VoiceClient['ask']>[0], event: Record<string, unknown> = {}) =>
      (await client.ask(name, event)).error?.code;
    // Out of order.
    expect(await codes('voice:audio-chunk', { audioChunk: Buffer.alloc(10), chunkIndex: 0 })).toBe(
      'request.invalid',
    );
    expect(await codes('voice:stop-recording')).toBe('request.invalid');
    expect(await codes('voice:join', { sessionId: '01ARZ3NDEKTSV4RRFFQ69G5FAV' })).toBe('request.invalid');
    // Unknown fields and events, text without end.
    expect(await codes('voice:text-message', { text: 'a', mood: 'good' })).toBe('request.invalid');
    expect(client.of('voice:error').at(-1)?.error.message).toContain('mood');
    expect(await codes('voice:sing' as 'voice:join')).toBe('request.invalid');
    expect(await codes('voice:text-message', { text: 'x'.repeat(100_000) })).toBe('request.too_large');
    // Formats.
    expect(await codes('voice:start-recording', { metadata: { mimeType: 'image/png' } })).toBe(
      'audio.unsupported_format',
    );
    await client.ask('voice:start-recording');
    expect(await codes('voice:start-recording')).toBe('request.invalid');
    const html = Buffer.from('<!doctype html><title>no sound</title>');
    expect(await codes('voice:audio-chunk', { audioChunk: html, chunkIndex: 0 })).toBe(
      'audio.unsupported_format',
    );
    await client.next('voice:recording-stopped');
    await client.ask('voice:start-recording', { metadata: RAW });
    expect(await codes('voice:audio-chunk', { audioChunk: Buffer.alloc(0), chunkIndex: 0 })).toBe(
      'audio.empty',
    );
    const huge = Buffer.alloc(2 * 1024 ** 2);
    expect(await codes('voice:audio-chunk', { audioChunk: huge, chunkIndex: 1 })).toBe('request.too_large');
    expect(await codes('voice:audio-chunk', { audioChunk: SPEECH, chunkIndex: 90_000 })).toBe(
      'audio.chunk_out_of_sequence',
    );
    expect(await codes('voice:stop-recording')).toBe('audio.empty');
    expect(await client.ask('voice:text-message', { text: 'Still here.' })).toMatchObject({ ok: true });
    expect(client.of('voice:error').every(({ error }) => error.code !== 'internal.unexpected')).toBe(true);
  });

  it("another user's and another tenant's session is none to a client, and the voice must be one there is", async () => {
    const { sessionId } = await rig.joined();
    const codeOf = async (token: string, event: Record<string, unknown>) => {
      const client = await VoiceClient.connect(rig.one.url, { token });
      rig.keep(client);
      return (await client.ask('voice:join', event)).error?.code;
    };
    expect(await codeOf(await accessToken('eve'), { sessionId })).toBe('session.not_found');
    expect(await codeOf(OTHER_TENANTS_KEY, { sessionId })).toBe('session.not_found');
    expect(await codeOf(await accessToken('ada'), { settings: { voice: 'nobody' } })).toBe('voice.not_found');
  });

  it('10,000 events in a second are told request.rate_limited and end the connection, and nobody else feels it', async () => {
    const bystander = await rig.joined();
    const flood = await rig.joined();
    for (let event = 0; event < 10_000; event += 1)
      flood.socket.emit('voice:tts-complete', { sessionId: flood.sessionId });
    const begun = performance.now();
    expect(await bystander.ask('voice:tts-complete')).toEqual({ ok: true });
    expect(performance.now() - begun).toBeLessThan(2_000);
    expect(await flood.disconnected).toBe('io server disconnect');
    expect(flood.faults).toContain('request.rate_limited');
    // Its slot is free.
    await until(async () => (await rig.one.metric('parlance_gateway_voice_sockets')) === 1);
  });
});
