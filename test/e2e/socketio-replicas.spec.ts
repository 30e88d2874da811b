/** The Socket.IO namespace /voice over several replicas of the gateway: sessions that are shared, resumed and ended. */
import { describe, expect, it } from '@jest/globals';
import { accessToken } from '../support/access-token.js';
import { READ_SPEECH, speechPcm, wordsOf } from '../support/speech-samples.js';
import { until } from '../support/until.js';
import { VoiceClient } from '../support/voice-client.js';
import { OF_LEAVING, RAW, SPEECH, voiceRig } from '../support/voice-rig.js';

const rig = voiceRig({ gateways: 2 });

describe('a session that several sockets have joined', () => {
  it('is joined by two sockets on two replicas: each gets each event once', async () => {
    const client = await rig.joined();
    const second = await rig.joined(rig.other, { sessionId: client.sessionId });
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
    const client = await rig.joined();
    const second = await rig.joined(rig.other, { sessionId: client.sessionId });
    const device = await VoiceClient.connectAs('ada', rig.other.url);
    rig.keep(device);
    const third = await rig.joined(rig.one, { sessionId: client.sessionId });
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
    const next = await rig.joined();
    const headers = {
      authorization: `Bearer ${await accessToken('ada')}`,
      'content-type': 'application/json',
    };
    await rig.one.fetch(`/api/v1/voice/sessions/${next.sessionId}/end`, {
      method: 'POST',
      headers,
      body: '{}',
    });
    expect((await next.next('voice:ended')).sessionId).toBe(next.sessionId);
  });
});

describe('a client that goes away', () => {
  it('and comes back to another replica gets what it missed, in order, once; its last words became a turn', async () => {
    const client = await rig.joined();
    await client.ask('voice:text-message', { text: 'Hello there.' });
    await until(() => client.parts('reply')[0], 30_000);
    await client.ask('voice:start-recording', { metadata: RAW });
    await client.speak(speechPcm(READ_SPEECH.letter), 0, 8);
    client.socket.io.engine.close();
    const after = Math.max(...client.sequences);
    const back = await rig.joined(rig.other, { sessionId: client.sessionId, after });
    expect(back.of('voice:joined')[0]).toMatchObject({ status: 'resumed', sequence: after });
    const reply = await until(() => back.parts('reply')[0], 30_000);
    expect(wordsOf(reply.metadata.transcript?.text ?? '')).toContain('letter');
    expect(back.sequences.every((sequence) => sequence > after)).toBe(true);
    expect(back.sequences).toEqual([...new Set(back.sequences)].sort((a, b) => a - b));
    expect(await back.ask('voice:text-message', { text: 'I am back.' })).toMatchObject({ ok: true });
    await until(() => back.parts('reply')[1], 30_000);
  });
});

describe('a replica', () => {
  it('that is killed is left behind: the client goes on at another one, with what it missed, once', async () => {
    const third = await rig.platform.startGateway();
    const client = await rig.joined(third);
    const { sequence } = client.of('voice:joined')[0]!;
    await client.ask('voice:text-message', { text: 'Before the crash.' });
    await third.process.end('SIGKILL');
    expect(await client.disconnected).toMatch(/^transport/);
    const back = await rig.joined(rig.other, { sessionId: client.sessionId, after: sequence });
    await until(() => back.parts('reply')[0], 30_000);
    expect(back.sequences).toEqual([...new Set(back.sequences)].sort((a, b) => a - b));
    expect(back.parts('reply')).toHaveLength(1);
  });

  it('that drains recognises what was said, and its clients come back elsewhere by themselves', async () => {
    const third = await rig.platform.startGateway();
    const client = await rig.joined(third);
    await client.ask('voice:start-recording', { metadata: RAW });
    await client.speak(speechPcm(READ_SPEECH.letter), 0, 8);
    const ended = third.process.end('SIGTERM');
    // Not a disconnection by Socket.IO, from which clients do not come back.
    expect(await client.disconnected).toBe('transport close');
    expect(client.faults).toEqual(['service.draining']);
    expect(await ended).toBe(0);
    const back = await rig.joined(rig.one, { sessionId: client.sessionId, after: 0 });
    const reply = await until(() => back.parts('reply')[0], 30_000);
    expect(wordsOf(reply.metadata.transcript?.text ?? '')).toContain('letter');
  });
});

describe('the AsyncAPI document of /voice', () => {
  it('has no event of leaving that the tests before did not exchange', () => {
    expect(rig.channel.missing.filter((name) => OF_LEAVING.includes(name))).toEqual([]);
  });
});
