import type { SpeechWord } from '@parlance/contracts';

/** The error text where a program that makes speech fails. */
export const SPEECH_UNAVAILABLE = 'Speech could not be made just now.';

/** A voice clients may ask for by name. */
export interface SpeechVoice {
  readonly name: string;
  /** What it speaks, BCP 47, e.g. `en-US`. */
  readonly language: string;
  /** Of the voice, as SPDX names it where it can. */
  readonly licence: string;
  readonly gender?: 'female' | 'male';
  /** When its files were installed, seconds since 1970; left out where it has none. */
  readonly installedAt?: number;
}

export interface SpeechManner {
  /** 0.25 to 4; 1 for the voice's own. */
  readonly speed: number;
  /** Ends the work at once. */
  readonly signal: AbortSignal;
}

/** Speech as an engine makes it. */
export interface EngineAudio {
  /** Of raw 16-bit little-endian mono samples; undefined where the audio is a WAV or MP3 file, which says so itself. */
  readonly sampleRateHz: number | undefined;
  /** Whether each chunk is a whole MP3 file at the rate of what clients get. */
  readonly isMp3?: boolean;
  /** What is left of the speed asked for; 1 where the engine has done all of it. */
  readonly speed: number;
  /** As it is made. Leaving the loop ends the work.
   *  @throws AppError upstream.unavailable, model.invalid, inference.overloaded, request.invalid where there is nothing to speak */
  readonly chunks: AsyncIterable<Buffer>;
  /** Where the words of the text lie in this audio, at the speed it has here; asked for when the chunks have ended. Empty where they are
   *  not known: speech is not worth less without them. */
  readonly words: () => Promise<readonly SpeechWord[]>;
}

/** Speaks text. */
export abstract class SpeechSynthesizer {
  /** The engine's name, as clients see it. */
  abstract readonly engine: string;

  /** Learns the engine's voices; before the first use.
   *  @throws Error when the engine is not there */
  abstract init(): Promise<void>;

  /** The engine's voices, those it prefers first; one language's first voice speaks for that language. */
  abstract voices(): readonly SpeechVoice[];

  /** @param voice one of `voices()`, by its name */
  abstract speak(text: string, voice: string, manner: SpeechManner): EngineAudio;

  /** Releases what the engine holds. */
  async stop(): Promise<void> {}
}
