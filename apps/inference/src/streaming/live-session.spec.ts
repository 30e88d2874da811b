import { describe, expect, it } from '@jest/globals';
import type { RecognitionResult, StreamingRecognizeResponse } from '#libs/contracts';
import { AppError } from '#libs/errors';
import { VAD_FRAME_SAMPLES } from '../vad/frames.js';
import type { VoiceActivityDetector } from '../vad/voice-activity.service.js';
import type { Utterance, UtteranceOptions } from '../whisper/recognition.types.js';
import { LiveSession } from './live-session.js';
import type { StreamConfig } from './stream-config.js';

const CONFIG: StreamConfig = {
  isLive: true,
  audio: { encoding: 's16le', sampleRateHz: 16000, channels: 1 },
  recognition: { model: 'm', wordTimestamps: true },
  interimResults: true,
  endpointing: { silenceMs: 500, maxUtteranceMs: 28_000, threshold: 0.5 },
};

interface Decode {
  readonly kind: UtteranceOptions['kind'];
  readonly samples: number;
  readonly signal: AbortSignal | undefined;
  answer(text: string): void;
  refuse(error: Error): void;
}

/** A session whose voice activity is the loudness of its samples and whose decodes the test answers. */
function openSession(config = CONFIG) {
  const decodes: Decode[] = [];
  const events: StreamingRecognizeResponse[] = [];
  const stopped: unknown[] = [];
  const detector = {
    detect: (samples: Float32Array) =>
      Promise.resolve(
        Float32Array.from(
          { length: samples.length / VAD_FRAME_SAMPLES },
          (_, i) => samples[i * VAD_FRAME_SAMPLES]!,
        ),
      ),
  } as VoiceActivityDetector;
  const session = new LiveSession(
    config,
    detector,
    (_, samples, { kind, signal }) =>
      new Promise((resolve, refuse) =>
        decodes.push({
          kind,
          samples: samples.length,
          signal,
          answer: (text) => resolve(utterance(text, samples.length)),
          refuse,
        }),
      ),
    {
      isCongested: false,
      send: (event) => Promise.resolve(void events.push(event)),
      stop: (error) => stopped.push(error),
    },
    new AbortController().signal,
  );
  const hear = (loudness: number, frames: number): Promise<void> =>
    session.accept(new Float32Array(frames * VAD_FRAME_SAMPLES).fill(loudness));
  const results = (): RecognitionResult[] => events.flatMap((event) => (event.result ? [event.result] : []));
  return { session, decodes, events, stopped, hear, results };
}

function utterance(text: string, samples: number): Utterance {
  const words = text
    .split(' ')
    .map((word, i) => ({ text: word, startMs: i * 100, endMs: i * 100 + 90, confidence: 1 }));
  const segment = {
    index: 0,
    startMs: 0,
    endMs: samples / 16,
    text,
    words,
    averageLogProbability: -0.1,
    noSpeechProbability: 0,
    compressionRatio: 1,
    temperature: 0,
    tokens: [],
    seekMs: 0,
  };
  return {
    text,
    words,
    segments: [segment],
    language: 'en',
    noSpeechProbability: 0,
    averageLogProbability: -0.1,
    compressionRatio: 1,
    temperature: 0,
    tokens: text.split(' ').map((word) => word.length),
  };
}

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('LiveSession', () => {
  it('tells start and end of an utterance and sends its final with times of the stream', async () => {
    const { session, decodes, events, hear, results } = openSession({ ...CONFIG, interimResults: false });
    await hear(0, 50);
    await hear(0.9, 30);
    await hear(0, 20);
    expect(events.map((event) => event.endpoint?.kind)).toEqual(['SPEECH_STARTED', 'UTTERANCE_END']);
    decodes[0]?.answer('hello there');
    await session.flush();
    const [final] = results();
    expect(final).toMatchObject({ isFinal: true, text: 'hello there', startMs: 1300, endMs: 2760 });
    expect(final?.words?.map((word) => word.startMs)).toEqual([1300, 1400]);
    expect(final?.measures).toMatchObject({ wordCount: 2, speechMs: 960 });
    expect(events[0]?.endpoint?.utteranceId).toBe(final?.utteranceId);
  });

  it('keeps one interim decode in flight and takes the newest audio for the next', async () => {
    const { decodes, hear, results } = openSession();
    for (let i = 0; i < 20; i++) await hear(0.9, 5);
    expect(decodes.map((decode) => decode.kind)).toEqual(['partial']);
    decodes[0]?.answer('one two');
    await settle();
    expect(decodes.map((decode) => decode.samples)).toEqual([
      15 * VAD_FRAME_SAMPLES,
      100 * VAD_FRAME_SAMPLES,
    ]);
    expect(results()).toMatchObject([{ isFinal: false, text: 'one two', stableLength: 0 }]);
  });

  it('shows no interim in silence, and none that comes too late', async () => {
    const { session, decodes, hear, results } = openSession();
    await hear(0, 100);
    await hear(0.9, 20);
    expect(decodes.length).toBe(1);
    await hear(0, 30);
    expect(decodes.map((decode) => decode.kind)).toEqual(['partial', 'final']);
    expect(decodes[0]?.signal?.aborted).toBe(true);
    decodes[0]?.answer('late');
    decodes[1]?.answer('whole');
    await session.flush();
    expect(results().map((result) => result.text)).toEqual(['whole']);
  });

  it('sends finals in the order spoken, whichever is decoded first', async () => {
    const { session, decodes, hear, results } = openSession({ ...CONFIG, interimResults: false });
    for (let i = 0; i < 2; i++) {
      await hear(0.9, 20);
      await hear(0, 20);
    }
    decodes[1]?.answer('second');
    await settle();
    expect(results()).toEqual([]);
    decodes[0]?.answer('first');
    await session.flush();
    expect(results().map((result) => result.text)).toEqual(['first', 'second']);
  });

  it('spends nothing on an interim that could not be shown before an earlier final', async () => {
    const { decodes, hear } = openSession();
    await hear(0.9, 20);
    await hear(0, 20);
    await hear(0.9, 40);
    expect(decodes.map((decode) => decode.kind)).toEqual(['partial', 'final']);
    decodes[1]?.answer('first');
    await settle();
    await hear(0.9, 1);
    expect(decodes.map((decode) => decode.kind)).toEqual(['partial', 'final', 'partial']);
  });

  it('takes no more audio while too many finals wait', async () => {
    const { decodes, hear } = openSession({ ...CONFIG, interimResults: false });
    let taken = 0;
    const feeding = (async () => {
      for (; taken < 6; taken++) {
        await hear(0.9, 20);
        await hear(0, 20);
      }
    })();
    await settle();
    expect(taken).toBe(3);
    for (let i = 0; i < 6; i++) {
      decodes[i]?.answer('x');
      await settle();
    }
    await feeding;
    expect(taken).toBe(6);
  });

  it('ends the utterance on request and goes on with the next', async () => {
    const { session, decodes, hear } = openSession({ ...CONFIG, interimResults: false });
    await hear(0.9, 20);
    await session.finalize();
    expect(session.isSpeaking).toBe(false);
    await hear(0.9, 20);
    expect(session.isSpeaking).toBe(true);
    expect(decodes.map((decode) => decode.samples)).toEqual([20 * VAD_FRAME_SAMPLES]);
  });

  it('passes over an interim that cannot be had, but not over a final', async () => {
    const { session, decodes, hear, stopped } = openSession();
    await hear(0.9, 20);
    decodes[0]?.refuse(new AppError('inference.overloaded', 'busy'));
    await settle();
    expect(stopped).toEqual([]);
    await session.finalize();
    decodes.at(-1)?.refuse(new AppError('inference.overloaded', 'busy'));
    await expect(session.flush()).rejects.toMatchObject({ code: 'inference.overloaded' });
    expect(stopped).toMatchObject([{ code: 'inference.overloaded' }]);
  });
});
