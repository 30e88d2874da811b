/** The Socket.IO namespace /voice, with real recognition, replies and speech: what a client says, and what it gets. */
import { describe, expect, it } from '@jest/globals';
import { floatToPcm } from '@parlance/audio';
import { hum } from '../support/sounds.js';
import { READ_SPEECH, speechAs, speechPcm, wordsOf } from '../support/speech-samples.js';
import { until } from '../support/until.js';
import { OF_LEAVING, QUIET, RAW, SPEECH, voiceRig } from '../support/voice-rig.js';

const rig = voiceRig({});

/** Audio as MediaRecorder gives it: a stream of WebM in slices. */
const slices = (bytes: Buffer, size = 4_000): Buffer[] =>
  Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
    bytes.subarray(index * size, (index + 1) * size),
  );

describe('a conversation', () => {
  it('voice:join, voice:start-recording, voice:audio-chunk and voice:stop-recording make a turn that is answered aloud', async () => {
    const client = await rig.joined(rig.one, { settings: { language: 'en', autoSpeak: true, assess: true } });
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
    // With scores, or with the reason why this machine has none.
    const assessed = await until(() => client.of('voice:assessed')[0], 30_000);
    expect(assessed).toMatchObject({ messageId, assessment: { mode: 'free' } });
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
    const progress = client
      .of('voice:processing')
      .flatMap((event) => (event.progress === undefined ? [] : [event.progress]));
    expect(progress).toEqual([...progress].sort());
    expect(progress.at(-1)).toBe(1);
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
    const client = await rig.joined(rig.one, { settings: { language: 'en', autoSpeak: true } });
    await client.ask('voice:start-recording', { metadata: RAW });
    let next = await client.speak(SPEECH, 0, 2);
    const { messageId } = await until(() => client.parts('speech')[0], 30_000);
    next = await client.speak(Buffer.concat([floatToPcm(hum()), Buffer.alloc(40_000)]), next, 2);
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
    const client = await rig.joined();
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
    const client = await rig.joined();
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
    const client = await rig.joined();
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
});

describe('a setting of a session', () => {
  const TEXT = 'I went to the market with my sister.';

  /** The reply to one text in a session of its own, and how it was spoken. */
  async function replyWith(settings: Readonly<Record<string, unknown>>) {
    const client = await rig.joined(rig.one, { settings });
    await client.ask('voice:text-message', { text: TEXT });
    const reply = await until(() => client.parts('reply')[0], 30_000);
    const isSpoken = settings.ttsEnabled !== false;
    if (isSpoken)
      await until(() => client.parts('speech').length === client.parts('sentence').length, 30_000);
    const speech = client.parts('speech');
    const letters = speech.reduce((sum, { text }) => sum + text.length, 0);
    const durationMs = speech.reduce((sum, { audio }) => sum + (audio?.durationMs ?? 0), 0);
    return { client, reply, speech, msPerLetter: durationMs / letters };
  }

  it('shows in the next reply: ttsEnabled, autoSpeak, voice, speed, language', async () => {
    const usual = await replyWith({});
    expect(usual.reply.metadata.transcript?.language).toBe('');
    expect(usual.speech.every(({ shouldSpeak }) => shouldSpeak)).toBe(true);
    const mute = await replyWith({ ttsEnabled: false });
    expect([mute.speech, mute.reply.shouldSpeak]).toEqual([[], false]);
    const asked = await replyWith({ autoSpeak: false });
    expect(asked.speech.map(({ shouldSpeak }) => shouldSpeak)).not.toContain(true);
    const slow = await replyWith({ speed: 0.5 });
    // Twice as slow, but other sentences with other pauses.
    expect(slow.msPerLetter / usual.msPerLetter).toBeGreaterThan(1.3);
    const spanish = await replyWith({ language: 'es' });
    expect(spanish.reply.metadata.transcript?.language).toBe('es');
    const british = await replyWith({ voice: 'en-gb' });
    const voiceOf = ({ reply }: typeof usual) =>
      rig.platform
        .logOf('tts')
        .find((line) => line.msg === 'sentence spoken' && line.turn === reply.messageId)?.voice;
    expect(await until(() => voiceOf(british))).toBe('en-gb');
    expect(voiceOf(usual)).not.toBe('en-gb');
  });

  it('holds from the next recording on where it is changed by voice:join, and is refused by its name', async () => {
    const client = await rig.joined();
    await client.ask('voice:join', { settings: { ttsEnabled: true } });
    await client.ask('voice:start-recording', { metadata: RAW });
    await client.speak(SPEECH, 0, 8);
    await client.ask('voice:stop-recording');
    await until(() => client.parts('speech')[0], 30_000);
    const { error } = await client.ask('voice:join', { settings: { volume: 3 } });
    expect([error?.code, error?.message]).toEqual(['request.invalid', expect.stringContaining('volume')]);
  });
});

describe('a session in the browser', () => {
  it('with sttMode browser is told voice:use-browser-stt, and talks by voice:text-message', async () => {
    const client = await rig.joined(rig.one, { settings: { ...QUIET.settings, sttMode: 'browser' } });
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
    const auto = await rig.joined();
    const server = await rig.joined(rig.one, { settings: { ...QUIET.settings, sttMode: 'server' } });
    for (const each of [auto, server]) {
      await each.ask('voice:start-recording', { metadata: RAW });
      await each.ask('voice:audio-chunk', { audioChunk: SPEECH.subarray(0, 32_000), chunkIndex: 0 });
    }
    await rig.platform.kill('inference');
    const { errors } = await auto.next('voice:use-browser-stt');
    expect(errors).toMatchObject([{ code: expect.any(String), retryable: true }]);
    await auto.next('voice:recording-stopped');
    await until(() => server.faults.length > 0);
    expect(server.of('voice:use-browser-stt')).toEqual([]);
    // The same where it is down from the start.
    expect(await auto.ask('voice:start-recording')).toEqual({ ok: true, recognizer: 'browser' });
    expect((await server.ask('voice:start-recording')).error?.retryable).toBe(true);
    await rig.platform.startService('inference');
  });
});

describe('the AsyncAPI document of /voice', () => {
  it('has no event that the tests before did not exchange, beside those of leaving', () => {
    expect(rig.channel.missing.filter((name) => !OF_LEAVING.includes(name))).toEqual([]);
  });
});
