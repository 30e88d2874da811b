import { Injectable } from '@nestjs/common';
import { AppError } from '#libs/errors';
import { SpeechSynthesisClient } from './synthesis.client.js';

/** OpenAI's voices have no counterpart here; they stand for the configured default. */
export const OPENAI_VOICES: ReadonlySet<string> = new Set(
  'alloy ash ballad cedar coral echo fable marin nova onyx sage shimmer verse'.split(' '),
);

/** How long a list of voices is taken for the truth. */
const FRESH_MS = 60_000;

/** Tells at the door whether a voice exists, so that a turn does not fail for it after its reply is written. */
@Injectable()
export class VoicesService {
  private known: { readonly names: ReadonlySet<string>; readonly until: number } | undefined;

  constructor(private readonly synthesis: SpeechSynthesisClient) {}

  /**
   * Where tts cannot be asked, every voice passes: the turn may still be answered in text.
   * @param voice empty for the default
   * @throws AppError voice.not_found
   */
  async require(voice: string, signal: AbortSignal): Promise<void> {
    const name = voice.toLowerCase();
    if (name === '' || OPENAI_VOICES.has(name)) return;
    const names = await this.names(signal).catch(() => undefined);
    if (names && !names.has(name))
      throw new AppError('voice.not_found', `There is no voice named "${voice.slice(0, 64)}".`);
  }

  private async names(signal: AbortSignal): Promise<ReadonlySet<string>> {
    if (this.known && Date.now() < this.known.until) return this.known.names;
    const voices = await this.synthesis.voices(signal);
    const names = new Set(voices.map((name) => name.toLowerCase()));
    this.known = { names, until: Date.now() + FRESH_MS };
    return names;
  }
}
