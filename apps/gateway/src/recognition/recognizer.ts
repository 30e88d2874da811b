import { wavHeader } from '@parlance/audio';
import type { Degradation, RecognitionConfig, RequestIdentity } from '@parlance/contracts';
import { PCM_BYTES_PER_MS } from '../media/decoder.service.js';
import type { Transcript } from './transcript.js';

export type RecordingOptions = Omit<RecognitionConfig, 'audio'>;

export interface RecordingRequest {
  /** 16 kHz mono s16le. */
  readonly pcm: AsyncIterable<Buffer>;
  readonly options: RecordingOptions;
  readonly identity: Partial<RequestIdentity>;
  readonly signal: AbortSignal;
  /** Called with every piece of text as it is final. */
  readonly onText?: (delta: string) => void;
}

/** A transcript, and what it had to do without. */
export interface ChainTranscript extends Transcript {
  /** Empty where the first recogniser answered. */
  readonly degraded: readonly Degradation[];
}

/** Whether the options name nothing that only inference has: a model by its name, a translation, candidate languages, decoding
 *  options, probabilities of tokens. */
export function isForAnyRecognizer(options: RecordingOptions): boolean {
  const { model, task, languages, decoding, tokenProbabilities } = options;
  const isPlain = Object.keys(decoding ?? {}).length === 0 && !languages?.length && !tokenProbabilities;
  return !model && task !== 'TASK_TRANSLATE' && isPlain;
}

/** Recognises whole recordings. */
export abstract class Recognizer {
  /** As metrics, traces and clients see it. */
  abstract readonly name: string;

  /** Whether it does what the options ask for. */
  abstract canHonour(options: RecordingOptions): boolean;

  /** Reads `pcm` once.
   *  @throws AppError whatever `pcm` throws, and the recogniser's own faults */
  abstract transcribe(request: RecordingRequest): Promise<Transcript>;
}

/** A recording of 16 kHz mono s16le as one WAV file. @throws whatever `pcm` throws */
export async function wholeWav(
  pcm: AsyncIterable<Buffer>,
): Promise<{ readonly wav: Buffer<ArrayBuffer>; readonly audioMs: number }> {
  const parts: Buffer[] = [];
  for await (const chunk of pcm) parts.push(chunk);
  const bytes = parts.reduce((sum, { length }) => sum + length, 0);
  const wav = Buffer.concat([wavHeader(16_000, 1, bytes), ...parts]);
  return { wav, audioMs: Math.round(bytes / PCM_BYTES_PER_MS) };
}
