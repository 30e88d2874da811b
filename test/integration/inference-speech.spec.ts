import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { AudioFormat } from '@parlance/contracts';
import { ask, InferenceProcess } from '../support/inference-process.js';
import { opusPackets, READ_SPEECH, speechAs, speechPcm, wordsOf } from '../support/speech-samples.js';

const PCM: AudioFormat = { encoding: 'AUDIO_ENCODING_PCM_S16LE', sampleRateHz: 16_000, channels: 1 };
const LETTER = [
  'it',
  'is',
  'of',
  'the',
  'first',
  'importance',
  'that',
  'the',
  'letter',
  'used',
  'should',
  'be',
  'fine',
  'in',
  'form',
];

/** Share of `expected` found in `text`, in order (longest common subsequence). */
function recall(text: string, expected: readonly string[]): number {
  const recognized = wordsOf(text);
  let row = new Array<number>(recognized.length + 1).fill(0);
  for (const word of expected) {
    const next = [0];
    for (let j = 0; j < recognized.length; j++)
      next.push(recognized[j] === word ? row[j]! + 1 : Math.max(next[j]!, row[j + 1]!));
    row = next;
  }
  return row.at(-1)! / expected.length;
}

describe('inference, speech', () => {
  let inference: InferenceProcess;
  beforeAll(async () => (inference = await InferenceProcess.start()), 120_000);
  afterAll(() => inference.stop());

  it('hears a live stream: starts, hypotheses, ends, finals with words and measures, a summary', async () => {
    const stream = inference.openStream().configure({
      recognition: { audio: PCM, wordTimestamps: true },
      mode: 'STREAMING_MODE_LIVE',
      interimResults: true,
    });
    const silence = Buffer.alloc(32_000);
    for (const id of [READ_SPEECH.letter, READ_SPEECH.gothic]) {
      await stream.send(speechPcm(id), 3200, 30);
      await stream.send(silence);
    }
    const end = await stream.end();
    expect(end.status).toBe(0);
    expect(stream.events[0]?.started).toMatchObject({ model: 'whisper-tiny.en' });
    expect(recall(stream.text, LETTER)).toBeGreaterThan(0.85);
    expect(stream.finals.length).toBeGreaterThanOrEqual(2);
    expect(stream.interims.length).toBeGreaterThanOrEqual(1);
    for (const interim of stream.interims)
      expect(interim.stableLength).toBeLessThanOrEqual(interim.text.length);

    const starts = stream.endpoints.filter((endpoint) => endpoint.kind === 'ENDPOINT_KIND_SPEECH_STARTED');
    const ends = stream.endpoints.filter((endpoint) => endpoint.kind === 'ENDPOINT_KIND_UTTERANCE_END');
    expect(starts.map((event) => event.utteranceId)).toEqual(ends.map((event) => event.utteranceId));
    expect(stream.finals.map((final) => final.utteranceId)).toEqual(ends.map((event) => event.utteranceId));
    expect(ends.map((event) => event.atMs)).toEqual(stream.finals.map(({ words }) => words.at(-1)?.endMs));
    for (const { utteranceId } of ends) {
      const about = stream.events.filter(
        ({ result, endpoint }) => (result ?? endpoint)?.utteranceId === utteranceId,
      );
      expect(about.at(-2)?.result?.isFinal).toBe(true);
      expect(about.at(-1)?.endpoint?.kind).toBe('ENDPOINT_KIND_UTTERANCE_END');
    }

    for (const { words, startMs, endMs, measures, scores } of stream.finals) {
      const times = words.flatMap((word) => [word.startMs, word.endMs]);
      expect(times).toEqual([...times].sort((a, b) => a - b));
      expect(Math.min(...times)).toBeGreaterThanOrEqual(startMs);
      expect(Math.max(...times)).toBeLessThanOrEqual(endMs);
      expect(measures?.speechLevelDbfs).toBeGreaterThan(-45);
      expect(measures?.signalToNoiseDb).toBeGreaterThan(10);
      expect(scores?.overall).toBeGreaterThan(50);
    }
    expect(stream.summary?.audioMs).toBeGreaterThan(11_000);
    expect(stream.summary?.measures?.longestPauseMs).toBeGreaterThan(800);
  }, 60_000);

  it.each([
    ['Opus packets', { encoding: 'AUDIO_ENCODING_OPUS' }, () => opusPackets(READ_SPEECH.letter)],
    [
      '44.1 kHz stereo floats',
      { encoding: 'AUDIO_ENCODING_PCM_F32LE', sampleRateHz: 44_100, channels: 2 },
      () => [speechAs(READ_SPEECH.letter, '-ar 44100 -ac 2 -f f32le')],
    ],
    [
      'an 8 kHz WAV stream',
      { encoding: 'AUDIO_ENCODING_WAV' },
      () => [speechAs(READ_SPEECH.letter, '-ar 8000 -ac 1 -f wav')],
    ],
  ] satisfies [string, AudioFormat, () => Buffer[]][])(
    'hears %s',
    async (_, audio, frames) => {
      const stream = inference
        .openStream()
        .configure({ recognition: { audio }, mode: 'STREAMING_MODE_LIVE' });
      for (const frame of frames()) await stream.send(frame, 8000);
      expect((await stream.end()).status).toBe(0);
      expect(recall(stream.text, LETTER)).toBeGreaterThan(0.7);
    },
    60_000,
  );

  it('flushes the final on FINALIZE and stays open on KEEP_ALIVE', async () => {
    const stream = inference
      .openStream()
      .configure({ recognition: { audio: PCM }, mode: 'STREAMING_MODE_LIVE' });
    await stream.send(speechPcm(READ_SPEECH.letter).subarray(0, 64_000));
    stream.write({ control: 'CONTROL_KEEP_ALIVE' }).write({ control: 'CONTROL_FINALIZE' });
    await new Promise((resolve) =>
      stream.call.on('data', () => stream.finals.length > 0 && resolve(undefined)),
    );
    expect(recall(stream.text, LETTER.slice(0, 5))).toBeGreaterThan(0.7);
    expect((await stream.end()).status).toBe(0);
  }, 60_000);

  it('decodes a recording as one file, a final for each segment, then the summary', async () => {
    const stream = inference
      .openStream()
      .configure({ recognition: { audio: PCM, wordTimestamps: true }, mode: 'STREAMING_MODE_RECORDING' });
    await stream.send(Buffer.concat([speechPcm(READ_SPEECH.letter), speechPcm(READ_SPEECH.gothic)]), 65_536);
    expect((await stream.end()).status).toBe(0);
    expect(recall(stream.text, LETTER)).toBeGreaterThan(0.85);
    expect(stream.endpoints).toEqual([]);
    expect(stream.finals.every((final) => final.segments.length === 1 && final.words.length > 0)).toBe(true);
    expect(stream.summary).toMatchObject({ language: 'en' });
    expect(stream.summary?.measures?.wordCount).toBeGreaterThan(20);
    expect(stream.events.at(-1)?.summary).toBeDefined();
  }, 60_000);

  it.each([
    ['8-bit', '-ar 16000 -ac 1 -c:a pcm_u8 -f wav'],
    ['24-bit', '-ar 22050 -ac 1 -c:a pcm_s24le -f wav'],
    ['32-bit', '-ar 48000 -ac 1 -c:a pcm_s32le -f wav'],
    ['44.1 kHz stereo', '-ar 44100 -ac 2 -c:a pcm_s16le -f wav'],
  ])(
    'recognises a %s WAV file in one message',
    async (_, format) => {
      const answer = await ask(inference.speech.recognize.bind(inference.speech), {
        config: { audio: { encoding: 'AUDIO_ENCODING_WAV' } },
        audio: speechAs(READ_SPEECH.letter, format),
      });
      expect(recall(answer.text, LETTER)).toBeGreaterThan(0.85);
      expect(answer).toMatchObject({ language: 'en', model: 'whisper-tiny.en' });
    },
    60_000,
  );

  it('assesses how a recording was spoken', async () => {
    const answer = await ask(inference.speech.assess.bind(inference.speech), {
      config: { audio: PCM, wordTimestamps: true },
      audio: speechPcm(READ_SPEECH.gothic),
    });
    expect(answer.recognition?.audioMs).toBeGreaterThan(5000);
    expect(answer.measures?.articulationRateWpm).toBeGreaterThan(100);
    for (const score of Object.values(answer.scores ?? {})) expect(score).toBeGreaterThan(40);
  }, 60_000);
});
