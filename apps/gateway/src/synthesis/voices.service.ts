import { Injectable } from '@nestjs/common';
import { voiceNotFound } from '@parlance/contracts';
import type { ListVoicesResponse__Output } from '@parlance/contracts/proto/parlance/tts/v1/ListVoicesResponse';
import { SpeechSynthesisClient } from './synthesis.client.js';

/** How long a list of voices is taken for the truth. */
const FRESH_MS = 60_000;

/** The voices of tts, asked for once a minute at most. */
@Injectable()
export class VoicesService {
  private known: { readonly list: ListVoicesResponse__Output; readonly until: number } | undefined;

  constructor(private readonly synthesis: SpeechSynthesisClient) {}

  /** @throws AppError upstream.unavailable where tts cannot be asked */
  async list(signal: AbortSignal): Promise<ListVoicesResponse__Output> {
    if (this.known && Date.now() < this.known.until) return this.known.list;
    const list = await this.synthesis.voices(signal);
    this.known = { list, until: Date.now() + FRESH_MS };
    return list;
  }

  /** Tells whether a voice exists before a turn is taken, so that the turn does not fail for it after its reply is written. Where
   *  tts cannot be asked every voice passes: the turn may still be answered in text.
   *  @param voice empty for the default
   *  @throws AppError voice.not_found */
  async require(voice: string, signal: AbortSignal): Promise<void> {
    if (voice === '') return;
    const known = await this.list(signal).catch(() => undefined);
    if (!known) return;
    const wanted = voice.toLowerCase();
    const answers = known.voices.some(({ name, aliases }) =>
      [name, ...aliases].some((one) => one.toLowerCase() === wanted),
    );
    if (!answers) throw voiceNotFound(voice, known.voices, known.defaultVoice);
  }
}
