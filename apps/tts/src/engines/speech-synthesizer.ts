/** A voice clients may ask for by name. */
export interface SpeechVoice {
  readonly name: string;
  /** BCP 47, e.g. `en-US`. */
  readonly language: string;
}

/** Speaks text. */
export abstract class SpeechSynthesizer {
  /** What clients are told has spoken. */
  abstract readonly engine: string;

  /** Learns the engine's voices; before the first use.
   *  @throws Error when the engine is not there */
  abstract init(): Promise<void>;

  abstract voices(): readonly SpeechVoice[];

  /** The engine's own name of a voice asked for, OpenAI's voice names included; empty asks for the default voice.
   *  @returns undefined when there is none */
  abstract resolveVoice(name: string): string | undefined;

  /** @param voice as `resolveVoice` gave it
   *  @returns WAV or MP3 as it is made; leaving the loop ends the work
   *  @throws AppError upstream.unavailable */
  abstract speak(text: string, voice: string, signal: AbortSignal): AsyncIterable<Buffer>;
}
