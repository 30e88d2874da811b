import type { RecognitionResult, StreamingRecognizeResponse } from '@parlance/contracts';
import { readDecoding } from '@parlance/inference/streaming/decoding-config';
import { LiveSession } from '@parlance/inference/streaming/live-session';
import type { PodView } from '@parlance/inference/streaming/pod-view';
import type { StreamConfig } from '@parlance/inference/streaming/stream-config';
import { StreamRecognizer } from '@parlance/inference/streaming/stream-recognizer';
import { VoiceActivityService } from '@parlance/vad';
import type { RecognitionRig } from '../support/recognition-rig.js';
import { plainWords, wordErrors } from '../support/word-errors.js';

export interface DriveOptions {
  readonly interimResults?: boolean;
  readonly silenceMs?: number;
  readonly maxUtteranceMs?: number;
  /** Left out: detected by a multilingual model. */
  readonly language?: string;
  /** What it is detected among. */
  readonly languages?: readonly string[];
  /** Samples of each frame the session is given; 100 ms when left out. */
  readonly frameSamples?: (index: number) => number;
  /** The session's clock; real unless given. A clock that stands still keeps every step in its place. */
  readonly now?: () => number;
  readonly signal?: AbortSignal;
  /** Results are reported as they come and are not kept: for streams of hours. */
  readonly isEndless?: boolean;
  /** Called with every final as it comes. */
  readonly onFinal?: (final: DrivenFinal) => void;
}

export interface DrivenFinal {
  readonly text: string;
  readonly language: string;
  /** Of the stream. */
  readonly startMs: number;
  readonly endMs: number;
  /** From the moment its end was known until it was sent, by the session's clock. */
  readonly latencyMs: number;
}

export interface DrivenInterim {
  readonly utteranceId: string;
  readonly language: string;
  readonly languageProbability: number | undefined;
  readonly text: string;
  readonly stableLength: number;
  /** Newest audio in it, milliseconds of the stream. */
  readonly endMs: number;
}

export interface Driven {
  readonly finals: readonly DrivenFinal[];
  readonly interims: readonly DrivenInterim[];
  /** Stable text that a later interim or the final did not repeat; empty when the session keeps its word. */
  readonly brokenPromises: readonly string[];
}

/**
 * Runs one live session with the real recogniser and voice activity, without a wire, as fast as it takes audio: hours of a
 * stream on a virtual clock, which is the audio itself.
 * @param rig  with `silero-vad` preloaded
 * @param audio  16 kHz mono, in −1…1; frames of any length
 */
export async function driveSession(
  rig: Pick<RecognitionRig, 'runtime' | 'utterances'>,
  audio: Iterable<Float32Array> | AsyncIterable<Float32Array>,
  options: DriveOptions = {},
): Promise<Driven> {
  const finals: DrivenFinal[] = [];
  const interims: DrivenInterim[] = [];
  const brokenPromises: string[] = [];
  const stable = new Map<string, string>();
  const now = options.now ?? (() => performance.now());
  const gone = new AbortController();
  options.signal?.addEventListener('abort', () => gone.abort(), { once: true });
  let fault: unknown;
  let arrived: RecognitionResult | undefined;
  const receive = (result: RecognitionResult): void => {
    const {
      utteranceId = '',
      text = '',
      language = '',
      languageProbability,
      stableLength = 0,
      endMs = 0,
    } = result;
    const promised = stable.get(utteranceId) ?? '';
    if (!text.startsWith(promised)) brokenPromises.push(`${promised} | ${text}`);
    if (result.isFinal) {
      stable.delete(utteranceId);
      arrived = result;
    } else {
      stable.set(utteranceId, text.slice(0, stableLength));
      if (!options.isEndless)
        interims.push({
          utteranceId,
          language,
          languageProbability: languageProbability === undefined ? undefined : Number(languageProbability),
          text,
          stableLength,
          endMs,
        });
    }
  };
  const config = configOf(options);
  const session = new LiveSession(
    config,
    new VoiceActivityService(rig.runtime).open('final'),
    new StreamRecognizer(rig.utterances, '', config.recognition),
    {
      isCongested: false,
      signal: gone.signal,
      send: async ({ result }: StreamingRecognizeResponse) => (result ? receive(result) : undefined),
      stop: (error) => (fault ??= error),
    },
    {
      isIdle: () => false,
      now,
      finalSent: (latencyMs: number) => {
        const { text = '', language = '', startMs = 0, endMs = 0 } = arrived ?? {};
        const final = { text, language, startMs, endMs, latencyMs };
        if (!options.isEndless) finals.push(final);
        options.onFinal?.(final);
      },
      firstInterimSent: (_latencyMs: number) => undefined,
    } as PodView,
  );
  for await (const frame of framesOf(audio, options.frameSamples ?? (() => 1600))) {
    if (fault) throw fault;
    await session.push(frame);
  }
  await session.finalize();
  await session.flush();
  session.stop();
  return { finals, interims, brokenPromises };
}

/** Word error rate, 0…, of a stream's finals against what was said in it. */
export function streamingWordErrorRate(said: string, finals: readonly { readonly text: string }[]): number {
  const reference = plainWords(said);
  const recognized = plainWords(finals.map((final) => final.text).join(' '));
  return wordErrors(reference, recognized) / Math.max(1, reference.length);
}

function configOf({
  interimResults = true,
  silenceMs = 500,
  maxUtteranceMs = 28_000,
  language,
  languages,
}: DriveOptions): StreamConfig {
  return {
    isLive: true,
    audio: { encoding: 's16le', sampleRateHz: 16_000, channels: 1 },
    recognition: { model: '', language, languages, wordTimestamps: true, ...readDecoding(undefined) },
    interimResults,
    endpointing: { silenceMs, maxUtteranceMs, threshold: 0.5 },
  };
}

/** The same samples in other frames. */
async function* framesOf(
  audio: Iterable<Float32Array> | AsyncIterable<Float32Array>,
  lengthOf: (index: number) => number,
): AsyncGenerator<Float32Array> {
  let index = 0;
  for await (const stretch of audio) {
    for (let at = 0; at < stretch.length;) {
      const length = Math.max(1, lengthOf(index++));
      yield stretch.subarray(at, at + length);
      at += length;
    }
  }
}
