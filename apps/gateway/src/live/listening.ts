import type { RecognitionResult__Output } from '@parlance/contracts';
import type { LiveStream, RecognitionEvent } from '../recognition/live-stream.js';
import type { SpokenAudio } from './spoken-audio.js';

/** What was said between two endpoints, with its own audio. */
export interface RecognizedUtterance {
  readonly result: RecognitionResult__Output;
  /** 16 kHz mono s16le. */
  readonly pcm: Buffer;
  /** What its recognition fell back to. */
  readonly degraded: RecognitionEvent['degraded'];
}

/** One stretch of listening. */
export class Listening {
  stream: LiveStream | undefined;
  audio: SpokenAudio | undefined;
  ended: Promise<void> = Promise.resolve();
  /** Resolves when it is over, once somebody has asked for that. */
  stopped: Promise<void> | undefined;
  /** Nothing more of it is told. */
  isDropped = false;
  fault: unknown;

  /** @param isAssessed  whether its utterances are */
  constructor(readonly isAssessed = false) {}

  /** A fault that arose between frames ends the stretch. */
  fail(error: unknown): void {
    this.fault ??= error;
    this.stream?.cancel();
  }

  /** Forgets what was said and is no utterance yet. */
  drop(): void {
    this.isDropped = true;
    this.stream?.cancel();
  }

  /** What was said in a final; undefined once the audio is gone. */
  utteranceOf(
    result: RecognitionResult__Output,
    degraded: RecognitionEvent['degraded'],
  ): RecognizedUtterance | undefined {
    const pcm = this.audio?.cut(result.startMs, result.endMs);
    return pcm && { result, pcm, degraded };
  }
}
