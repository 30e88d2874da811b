/** Version 3 of Deepgram's Node client, which many programs still have; deepgram-clients has the newest one. */
import {
  createClient,
  LiveTranscriptionEvents,
  LiveTTSEvents,
  type PrerecordedSchema,
} from '@deepgram/sdk-3';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { ClientMatrix } from '../support/client-matrix.js';
import { installedVersion } from '../support/client-table.js';
import { NO_MODELS } from '../support/models.js';
import { NodeProgram } from '../support/node-program.js';
import { pageBlock } from '../support/page-blocks.js';
import { API_KEY, Platform } from '../support/platform.js';
import { RecordingHost } from '../support/recording-host.js';
import { READ_SPEECH, speechFile, speechPcm, wordsOf } from '../support/speech-samples.js';
import { until } from '../support/until.js';

const RECORDING = speechFile(READ_SPEECH.letter);
const matrix = new ClientMatrix();

// Machines that test are often busy.
jest.setTimeout(120_000);

describe("Version 3 of Deepgram's Node client", () => {
  const row = matrix.row({
    name: '@deepgram/sdk',
    registry: 'npm',
    version: installedVersion('@deepgram/sdk-3'),
    page: 'deepgram.md',
    suite: 'deepgram-3-clients',
  });
  let host: RecordingHost;
  let platform: Platform;
  beforeAll(async () => {
    host = await RecordingHost.start((_, response) => response.end(readFileSync(RECORDING)));
    platform = await Platform.start({
      services: ['inference', 'tts'],
      tts: NO_MODELS,
      gateway: { PARLANCE_RECORDING_HOSTS: host.name },
    });
  }, 120_000);
  afterAll(async () => {
    await platform?.stop();
    host?.stop();
  });

  const clientOf = (key = API_KEY) =>
    createClient(key, {
      global: {
        fetch: { options: { url: platform.gateway.url } },
        websocket: { options: { url: platform.gateway.url.replace('http', 'ws') } },
      },
    });

  row.works('recordings', 'are transcribed, with and without options', async () => {
    const options = { model: 'nova-3', smart_format: true, utterances: true, paragraphs: true };
    for (const given of [undefined, options]) {
      const { result, error } = await clientOf().listen.prerecorded.transcribeFile(
        readFileSync(RECORDING),
        given,
      );
      expect(error).toBeNull();
      expect(wordsOf(result?.results.channels[0]?.alternatives[0]?.transcript ?? '')).toContain('letter');
    }
  });

  row.works('by address', 'are transcribed at a host that is listed', async () => {
    const url = `http://${host.name}/letter.opus`;
    const { result } = await clientOf().listen.prerecorded.transcribeUrl({ url }, { model: 'nova-3' });
    expect(wordsOf(result?.results.channels[0]?.alternatives[0]?.transcript ?? '')).toContain('letter');
  });

  row.works('live', 'speech is transcribed with interims and words', async () => {
    const live = clientOf().listen.live({
      model: 'nova-3',
      language: 'en',
      encoding: 'linear16',
      sample_rate: 16_000,
      interim_results: true,
      vad_events: true,
      utterance_end_ms: 1_000,
      smart_format: true,
    });
    const results: { is_final: boolean; channel: { alternatives: { transcript: string }[] } }[] = [];
    const others: unknown[] = [];
    live.on(LiveTranscriptionEvents.Transcript, (result) => results.push(result));
    for (const event of [LiveTranscriptionEvents.SpeechStarted, LiveTranscriptionEvents.Metadata])
      live.on(event, ({ type }) => others.push(type));
    for (const event of [LiveTranscriptionEvents.Error, LiveTranscriptionEvents.Unhandled])
      live.on(event, (fault) => others.push(fault));
    const closed = new Promise((resolve) => live.on(LiveTranscriptionEvents.Close, resolve));
    await new Promise<void>((resolve) => live.on(LiveTranscriptionEvents.Open, () => resolve()));
    const pcm = speechPcm(READ_SPEECH.letter);
    for (let at = 0; at < pcm.length; at += 3_200) {
      live.send(new Uint8Array(pcm.subarray(at, at + 3_200)).buffer);
      await new Promise((resolve) => setTimeout(resolve, 12));
    }
    live.keepAlive();
    live.requestClose();
    await closed;
    const finals = results.filter(({ is_final }) => is_final);
    const text = finals.map(({ channel }) => channel.alternatives[0]?.transcript).join(' ');
    expect(wordsOf(text)).toContain('letter');
    expect([...new Set(others)]).toEqual(['SpeechStarted', 'Metadata']);
  });

  row.works('speech', 'is spoken', async () => {
    for (const [options, beginning] of [
      [undefined, undefined],
      [{ model: 'aura-2-thalia-en', encoding: 'linear16', container: 'wav' }, 'RIFF'],
    ] as const) {
      const spoken = await clientOf().speak.request({ text: 'Good morning.' }, options);
      const audio = Buffer.from(await new Response(await spoken.getStream()).arrayBuffer());
      expect(audio.length).toBeGreaterThan(2_000);
      if (beginning) expect(audio.subarray(0, 4).toString('latin1')).toBe(beginning);
      expect((await spoken.getHeaders())?.get('dg-char-count')).toBe('13');
    }
  });

  row.works('live speech', 'is spoken as the texts come', async () => {
    const live = clientOf().speak.live({
      model: 'aura-2-thalia-en',
      encoding: 'linear16',
      sample_rate: 24_000,
    });
    let bytes = 0;
    const others: string[] = [];
    live.on(LiveTTSEvents.Audio, (audio: Buffer) => (bytes += audio.length));
    for (const event of [LiveTTSEvents.Metadata, LiveTTSEvents.Flushed])
      live.on(event, ({ type }) => others.push(type));
    for (const event of [LiveTTSEvents.Error, LiveTTSEvents.Unhandled])
      live.on(event, (fault) => others.push(fault));
    await new Promise<void>((resolve) => live.on(LiveTTSEvents.Open, () => resolve()));
    for (const text of ['Good morning, ', 'and welcome.']) live.sendText(text);
    live.flush();
    await until(() => others.includes('Flushed'), 30_000);
    live.requestClose();
    expect(bytes / 48_000).toBeGreaterThan(0.8);
    expect(others).toEqual(['Metadata', 'Flushed']);
  });

  row.works('errors', 'are its own, with what they are about', async () => {
    const asked = async (options: PrerecordedSchema, key?: string) =>
      (await clientOf(key).listen.prerecorded.transcribeFile(readFileSync(RECORDING), options)).error;
    expect(await asked({}, 'wrong')).toMatchObject({ name: 'DeepgramApiError', status: 401 });
    const refused = await asked({ diarize: true });
    expect(refused).toMatchObject({ name: 'DeepgramApiError', status: 400 });
    expect(refused?.message).toContain('diarize: is no option here');
    expect(await asked({ model: 'whisper-of-nobody' })).toMatchObject({ status: 404 });
    const live = clientOf('wrong').listen.live({ model: 'nova-3' });
    const told: unknown[] = [];
    live.on(LiveTranscriptionEvents.Unhandled, (message) => told.push(message));
    const { code } = await new Promise<{ code: number }>((resolve) =>
      live.on(LiveTranscriptionEvents.Close, resolve),
    );
    // It opens sockets as browsers do, which cannot read the answer to a refused upgrade.
    expect(code).toBe(4401);
    expect(told).toEqual([expect.objectContaining({ type: 'Error', variant: 'auth.invalid_token' })]);
  });

  it('runs the program of its page', async () => {
    const program = new NodeProgram(
      pageBlock('deepgram.md', 'node-3').replace('@deepgram/sdk', '@deepgram/sdk-3'),
      {
        PARLANCE_URL: platform.gateway.url,
        PARLANCE_API_KEY: API_KEY,
      },
    );
    expect(wordsOf(await program.print(RECORDING))).toContain('letter');
  });

  matrix.isDocumented();
});
