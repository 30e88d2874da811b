/** The Socket.IO namespace /voice over two replicas, with real recognition, replies and speech. */
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { floatToPcm } from '@parlance/audio';
import type { AudioMetadata } from '@parlance/contracts';
import { accessToken, secondsFromNow } from '../support/access-token.js';
import { API_KEY, OTHER_TENANTS_KEY, Platform, type Gateway } from '../support/platform.js';
import { hum } from '../support/sounds.js';
import { READ_SPEECH, speechAs, speechPcm, wordsOf } from '../support/speech-samples.js';
import { until } from '../support/until.js';
import { VoiceClient } from '../support/voice-client.js';

const RAW: AudioMetadata = { encoding: 'linear16', sampleRate: 16_000, channels: 1 };
const QUIET = { settings: { ttsEnabled: false, language: 'en' } };
const PAUSE = Buffer.alloc(40_000);
const SPEECH = Buffer.concat([speechPcm(READ_SPEECH.letter), PAUSE]);

// Machines that test are often busy.
jest.setTimeout(120_000);

let platform: Platform;
let one: Gateway;
let other: Gateway;
beforeAll(async () => {
  platform = await Platform.start({ gateways: 2, gateway: { PARLANCE_TENANT_CONCURRENCY: '16' } });
  [one, other] = platform.gateways as [Gateway, Gateway];
}, 120_000);
afterAll(() => platform?.stop());

const clients: VoiceClient[] = [];
/** A client of a user that has joined a session. */
async function joined(
  gateway = one,
  event: Record<string, unknown> = QUIET,
  user = 'ada',
): Promise<VoiceClient> {
  const client = await VoiceClient.connectAs(user, gateway.url);
  clients.push(client);
  await client.join(event);
  return client;
}
/** Audio as MediaRecorder gives it: a stream of WebM in slices. */
const slices = (bytes: Buffer, size = 4_000): Buffer[] =>
  Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
    bytes.subarray(index * size, (index + 1) * size),
  );

afterEach(() => {
  const misfits = clients.flatMap((client) => client.misfits);
  for (const client of clients.splice(0)) client.close();
  expect(misfits).toEqual([]);
  for (const { process } of [one, other]) expect(process.hasEnded).toBe(false);
});

describe('a conversation', () => {
  it('voice:join, voice:start-recording, voice:audio-chunk and voice:stop-recording make a turn that is answered aloud', async () => {
    const client = await joined(one, { settings: { language: 'en', autoSpeak: true } });
    expect(client.of('voice:joined')[0]).toMatchObject({
      sessionId: client.sessionId,
      status: 'created',
      settings: { sttMode: 'auto', ttsEnabled: true, language: 'en', speed: 1 },
      voiceState: { status: 'ready', isRecording: false, lastTurn: null },
    });
    expect(await client.ask('voice:start-recording', { metadata: RAW })).toEqual({
      ok: true,
      recognizer: 'server',
    });
    await client.speak(speechPcm(READ_SPEECH.letter), 0, 2);
    expect(await client.ask('voice:stop-recording')).toMatchObject({ ok: true, chunks: expect.any(Number) });
    const { messageId } = await until(() => client.parts('reply')[0], 30_000);
    const texts = client.of('voice:transcribed');
    expect(texts.some(({ isFinal }) => !isFinal)).toBe(true);
    expect(
      wordsOf(
        texts
          .filter(({ isFinal }) => isFinal)
          .map(({ text }) => text)
          .join(' '),
      ),
    ).toContain('letter');
    await until(() => client.parts('speech').length === client.parts('sentence').length, 30_000);
    const [speech] = client.parts('speech');
    expect(speech).toMatchObject({
      messageId,
      shouldSpeak: true,
      audio: { index: 0, durationMs: expect.any(Number) },
    });
    expect(speech?.text).toBe(client.parts('sentence')[0]?.text);
    expect(speech?.audio?.data.length).toBeGreaterThan(1_000);
    expect(client.parts('reply')[0]?.metadata).toMatchObject({
      scores: { overall: expect.any(Number) },
      transcript: { language: 'en' },
      corrections: expect.any(Array),
    });
    const statuses = new Set(client.of('voice:processing').map(({ status }) => status));
    expect(statuses).toEqual(new Set(['transcribing', 'thinking', 'speaking']));
    // Whoever says something while a reply is played interrupts it.
    expect(await client.ask('voice:text-message', { text: 'Wait a moment.' })).toMatchObject({ ok: true });
    expect(await client.next('voice:interrupted')).toEqual({
      sessionId: client.sessionId,
      messageId,
      played: expect.any(String),
    });
    expect(await client.ask('voice:tts-complete', { messageId })).toEqual({ ok: true });
    expect(client.of('voice:ready')).toEqual([{ sessionId: client.sessionId, messageId }]);
    expect(client.faults).toEqual([]);
    expect(new Set(client.sequences).size).toBe(client.sequences.length);
  });

  it('pauses its reply for a short “mhm” (voice:playback-paused, voice:playback-resumed), and ends it for speech', async () => {
    const client = await joined(one, { settings: { language: 'en', autoSpeak: true } });
    await client.ask('voice:start-recording', { metadata: RAW });
    let next = await client.speak(SPEECH, 0, 2);
    const { messageId } = await until(() => client.parts('speech')[0], 30_000);
    next = await client.speak(Buffer.concat([floatToPcm(hum()), PAUSE]), next, 2);
    const about = { sessionId: client.sessionId, messageId };
    expect(await client.next('voice:playback-paused')).toEqual(about);
    expect(await client.next('voice:playback-resumed')).toEqual(about);
    expect(client.of('voice:interrupted')).toEqual([]);
    await client.speak(speechPcm(READ_SPEECH.gothic).subarray(0, 64_000), next, 2);
    expect(await client.next('voice:playback-paused', 2)).toEqual(about);
    expect(await client.next('voice:interrupted')).toMatchObject(about);
    expect(client.of('voice:playback-resumed')).toHaveLength(1);
  });

  it('takes WebM of MediaRecorder in chunks, binary and base64, doubled and out of order; the last one ends it', async () => {
    const client = await joined(one);
    const webm = slices(speechAs(READ_SPEECH.gothic, '-c:a libopus -b:a 24k -f webm'));
    await client.ask('voice:start-recording', { metadata: { mimeType: 'audio/webm;codecs=opus' } });
    const order = webm.map((_, index) => index);
    [order[2], order[3]] = [order[3]!, order[2]!];
    const answers = await Promise.all(
      [...order, 1].map((index) =>
        client.ask('voice:audio-chunk', {
          audioChunk: index % 2 ? webm[index]!.toString('base64') : webm[index],
          chunkIndex: index,
          isLastChunk: index === webm.length - 1,
        }),
      ),
    );
    // It came behind the end, or as one that was there.
    expect(answers.at(-1)).not.toEqual({ ok: true, chunkIndex: 1 });
    expect(answers.slice(0, -1).every(({ ok }) => ok)).toBe(true);
    await client.next('voice:recording-stopped');
    const reply = await until(() => client.parts('reply')[0], 30_000);
    expect(wordsOf(reply.metadata.transcript?.text ?? '')).toContain('theological');
    expect((await client.next('voice:ready')).messageId).toBe(reply.messageId);
  });

  it('takes a whole recording with voice:stop-recording, and a text by voice:text-message', async () => {
    const client = await joined(one);
    await client.ask('voice:start-recording');
    const audioBlob = speechAs(READ_SPEECH.letter, '-c:a libopus -b:a 24k -f webm');
    const metadata = { mimeType: 'audio/webm', duration: 4_500 };
    expect(await client.ask('voice:stop-recording', { audioBlob, metadata })).toEqual({
      ok: true,
      chunks: 1,
    });
    const spoken = await until(() => client.parts('reply')[0], 30_000);
    expect(wordsOf(spoken.metadata.transcript?.text ?? '')).toContain('letter');
    const text = 'Yesterday I go to the market.';
    const { ok, messageId } = await client.ask('voice:text-message', { text });
    expect(ok).toBe(true);
    const typed = await until(
      () => client.parts('reply').find((reply) => reply.messageId === messageId),
      30_000,
    );
    expect(typed.metadata).toMatchObject({
      transcript: { text, language: 'en' },
      corrections: expect.any(Array),
    });
    expect(typed.metadata.scores).toBeUndefined();
    expect(client.faults).toEqual([]);
  });

  it('tells missing chunks by their indices after a bounded wait, and goes on', async () => {
    const client = await joined(one);
    await client.ask('voice:start-recording', { metadata: RAW });
    const [first, second] = [SPEECH.subarray(0, 64_000), SPEECH.subarray(64_000)];
    await client.ask('voice:audio-chunk', { audioChunk: first, chunkIndex: 0 });
    await client.ask('voice:audio-chunk', { audioChunk: second, chunkIndex: 3 });
    expect(await client.next('voice:error')).toMatchObject({
      sessionId: client.sessionId,
      event: 'voice:audio-chunk',
      error: { code: 'audio.chunks_missing' },
      missing: [1, 2],
    });
    expect(await client.ask('voice:stop-recording')).toEqual({ ok: true, chunks: 2 });
    await until(() => client.parts('reply')[0], 30_000);
  });

  it('is joined by two sockets on two replicas: each gets each event once', async () => {
    const client = await joined(one);
    const second = await joined(other, { sessionId: client.sessionId });
    expect(second.of('voice:joined')[0]).toMatchObject({ status: 'joined', settings: { ttsEnabled: false } });
    await client.ask('voice:start-recording', { metadata: RAW });
    await client.speak(SPEECH);
    await client.ask('voice:stop-recording');
    await Promise.all([client, second].map((each) => until(() => each.parts('reply')[0], 30_000)));
    await client.ask('voice:text-message', { text: 'And what do you think?' });
    await Promise.all([client, second].map((each) => until(() => each.parts('reply')[1], 30_000)));
    expect(second.sequences.length).toBe(new Set(second.sequences).size);
    expect(second.sequences.slice(0, 4)).toEqual(client.sequences.slice(0, 4));
    const finalsOf = (each: VoiceClient) => each.of('voice:transcribed').filter(({ isFinal }) => isFinal);
    expect(finalsOf(second)).toEqual(finalsOf(client));
    for (const name of ['voice:recording-started', 'voice:recording-stopped'] as const)
      expect(second.of(name)).toHaveLength(1);
  });

  it('voice:leave leaves it, and voice:end ends it for everybody in it, once', async () => {
    const client = await joined(one);
    const second = await joined(other, { sessionId: client.sessionId });
    const device = await VoiceClient.connectAs('ada', other.url);
    clients.push(device);
    const third = await joined(one, { sessionId: client.sessionId });
    expect(await third.ask('voice:leave')).toEqual({ ok: true });
    expect(third.of('voice:left')).toEqual([{ sessionId: client.sessionId }]);
    expect((await third.ask('voice:tts-complete')).error?.code).toBe('request.invalid');
    const ended = await client.ask('voice:end');
    expect(ended).toMatchObject({ ok: true, duration: expect.any(Number), metrics: { turns: 0 } });
    for (const each of [client, second, device]) {
      const { duration, metrics } = ended;
      expect(await each.next('voice:ended')).toEqual({ sessionId: client.sessionId, duration, metrics });
      expect(each.of('voice:ended')).toHaveLength(1);
    }
    expect((await client.ask('voice:end')).error?.code).toBe('session.ended');
    expect((await client.ask('voice:join')).error?.code).toBe('session.ended');
    // Ended over REST, it is told as well.
    const next = await joined(one);
    const headers = {
      authorization: `Bearer ${await accessToken('ada')}`,
      'content-type': 'application/json',
    };
    await one.fetch(`/api/v1/voice/sessions/${next.sessionId}/end`, { method: 'POST', headers, body: '{}' });
    expect((await next.next('voice:ended')).sessionId).toBe(next.sessionId);
  });
});

describe('a client that goes away', () => {
  it('and comes back to another replica gets what it missed, in order, once; its last words became a turn', async () => {
    const client = await joined(one);
    await client.ask('voice:text-message', { text: 'Hello there.' });
    await until(() => client.parts('reply')[0], 30_000);
    await client.ask('voice:start-recording', { metadata: RAW });
    await client.speak(speechPcm(READ_SPEECH.letter), 0, 8);
    client.socket.io.engine.close();
    const after = Math.max(...client.sequences);
    const back = await joined(other, { sessionId: client.sessionId, after });
    expect(back.of('voice:joined')[0]).toMatchObject({ status: 'resumed', sequence: after });
    const reply = await until(() => back.parts('reply')[0], 30_000);
    expect(wordsOf(reply.metadata.transcript?.text ?? '')).toContain('letter');
    expect(back.sequences.every((sequence) => sequence > after)).toBe(true);
    expect(back.sequences).toEqual([...new Set(back.sequences)].sort((a, b) => a - b));
    expect(await back.ask('voice:text-message', { text: 'I am back.' })).toMatchObject({ ok: true });
    await until(() => back.parts('reply')[1], 30_000);
  });
});

describe('a handshake', () => {
  it.each([
    ['without a token', async () => ({}), 'auth.missing_token'],
    [
      'with a token that has expired',
      async () => ({ token: await accessToken('ada', { claims: { exp: secondsFromNow(-60) } }) }),
      'auth.expired_token',
    ],
    [
      "with another tenant's signature",
      async () => ({
        token: await accessToken('ada', { key: 'secret-of-globex-for-tests-of-access-tokens' }),
      }),
      'auth.invalid_token',
    ],
    [
      'with a token of nobody known',
      async () => ({ token: await accessToken('ada', { tenant: 'nobody', key: 'x'.repeat(40) }) }),
      'auth.invalid_token',
    ],
    [
      'with algorithm none',
      async () => {
        const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
        const claims = { sub: 'ada', tenant: 'acme', exp: secondsFromNow(600) };
        return { token: `${part({ alg: 'none' })}.${part(claims)}.` };
      },
      'auth.invalid_token',
    ],
    ['with another namespace', async () => ({ token: API_KEY, namespace: '/' }), 'request.not_found'],
  ] as const)('%s is refused by its code', async (_, options, code) => {
    expect(await VoiceClient.refusal(one.url, await options())).toBe(code);
  });

  it('takes the token in the Authorization header, over long polling too', async () => {
    const headers = { authorization: `Bearer ${await accessToken('ada')}` };
    const client = await VoiceClient.connect(one.url, { headers, transports: ['polling'] });
    clients.push(client);
    expect(await client.join(QUIET)).toMatchObject({ status: 'created' });
    await client.ask('voice:text-message', { text: 'Hello over polling.' });
    await until(() => client.parts('reply')[0], 30_000);
  });
});

describe('the AsyncAPI document', () => {
  it('names every event that is taken, and no other is', async () => {
    const answer = await one.fetch('/api/asyncapi.json');
    const { channels } = (await answer.json()) as {
      channels: { voice: { messages: Record<string, unknown> } };
    };
    const names = Object.keys(channels.voice.messages);
    const fromClient = names.flatMap((name) => (name.startsWith('client.') ? [name.slice(7)] : []));
    expect(fromClient).toHaveLength(8);
    const client = await joined(one);
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
    const client = await joined(one);
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
    const { sessionId } = await joined(one);
    const codeOf = async (token: string, event: Record<string, unknown>) => {
      const client = await VoiceClient.connect(other.url, { token });
      clients.push(client);
      return (await client.ask('voice:join', event)).error?.code;
    };
    expect(await codeOf(await accessToken('eve'), { sessionId })).toBe('session.not_found');
    expect(await codeOf(OTHER_TENANTS_KEY, { sessionId })).toBe('session.not_found');
    expect(await codeOf(await accessToken('ada'), { settings: { voice: 'nobody' } })).toBe('voice.not_found');
  });

  it('10,000 events in a second are told request.rate_limited and end the connection, and nobody else feels it', async () => {
    const bystander = await joined(one);
    const flood = await joined(one);
    for (let event = 0; event < 10_000; event += 1)
      flood.socket.emit('voice:tts-complete', { sessionId: flood.sessionId });
    const begun = performance.now();
    expect(await bystander.ask('voice:tts-complete')).toEqual({ ok: true });
    expect(performance.now() - begun).toBeLessThan(2_000);
    expect(await flood.disconnected).toBe('io server disconnect');
    expect(flood.faults).toContain('request.rate_limited');
    // Its slot is free.
    await until(async () => (await one.metric('parlance_gateway_voice_sockets')) === 1);
  });
});

describe('a session in the browser', () => {
  it('with sttMode browser is told voice:use-browser-stt, and talks by voice:text-message', async () => {
    const client = await joined(one, { settings: { ...QUIET.settings, sttMode: 'browser' } });
    expect(await client.ask('voice:start-recording')).toEqual({ ok: true, recognizer: 'browser' });
    expect(client.of('voice:use-browser-stt')).toMatchObject([
      {
        sessionId: client.sessionId,
        message: expect.any(String),
        instructions: expect.any(Array),
        errors: [],
      },
    ]);
    await client.ask('voice:text-message', { text: 'The browser understood this.', language: 'en' });
    await until(() => client.parts('reply')[0], 30_000);
  });

  it('is what recognition that fails in the middle becomes with sttMode auto, and not with server', async () => {
    const auto = await joined(one);
    const server = await joined(one, { settings: { ...QUIET.settings, sttMode: 'server' } });
    for (const each of [auto, server]) {
      await each.ask('voice:start-recording', { metadata: RAW });
      await each.ask('voice:audio-chunk', { audioChunk: SPEECH.subarray(0, 32_000), chunkIndex: 0 });
    }
    await platform.kill('inference');
    const { errors } = await auto.next('voice:use-browser-stt');
    expect(errors).toMatchObject([{ code: expect.any(String), retryable: true }]);
    await auto.next('voice:recording-stopped');
    await until(() => server.faults.length > 0);
    expect(server.of('voice:use-browser-stt')).toEqual([]);
    // The same where it is down from the start.
    expect(await auto.ask('voice:start-recording')).toEqual({ ok: true, recognizer: 'browser' });
    expect((await server.ask('voice:start-recording')).error?.retryable).toBe(true);
    await platform.startService('inference');
  });
});

describe('a replica', () => {
  it('that is killed is left behind: the client goes on at another one, with what it missed, once', async () => {
    const third = await platform.startGateway();
    const client = await joined(third);
    const { sequence } = client.of('voice:joined')[0]!;
    await client.ask('voice:text-message', { text: 'Before the crash.' });
    await third.process.end('SIGKILL');
    expect(await client.disconnected).toMatch(/^transport/);
    const back = await joined(other, { sessionId: client.sessionId, after: sequence });
    await until(() => back.parts('reply')[0], 30_000);
    expect(back.sequences).toEqual([...new Set(back.sequences)].sort((a, b) => a - b));
    expect(back.parts('reply')).toHaveLength(1);
  });

  it('that drains recognises what was said, and its clients come back elsewhere by themselves', async () => {
    const third = await platform.startGateway();
    const client = await joined(third);
    await client.ask('voice:start-recording', { metadata: RAW });
    await client.speak(speechPcm(READ_SPEECH.letter), 0, 8);
    const ended = third.process.end('SIGTERM');
    // Not a disconnection by Socket.IO, from which clients do not come back.
    expect(await client.disconnected).toBe('transport close');
    expect(client.faults).toEqual(['service.draining']);
    expect(await ended).toBe(0);
    const back = await joined(one, { sessionId: client.sessionId, after: 0 });
    const reply = await until(() => back.parts('reply')[0], 30_000);
    expect(wordsOf(reply.metadata.transcript?.text ?? '')).toContain('letter');
  });

  it('has no fault that nothing caught', async () => {
    for (const gateway of [one, other]) expect(await gateway.metric('parlance_process_faults_total')).toBe(0);
  });
});
