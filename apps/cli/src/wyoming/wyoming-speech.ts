import { AppError } from '@parlance/errors';
import { SpokenText, speechParts } from './spoken-text.js';
import { WyomingSpeechRate } from './wyoming-audio.js';
import type { WyomingGateway } from './wyoming-gateway.js';
import type { WyomingSpoken } from './wyoming-requests.schema.js';

/** Sends an event to the client. Resolves when there is room for more. */
export type WyomingSend = (
  type: string,
  data?: Readonly<Record<string, unknown>>,
  payload?: Uint8Array,
) => Promise<void>;

/** Of one audio-chunk: 85 ms at 24 kHz. */
const CHUNK_BYTES = 4 * 1024;

/** What one request says, as one stream of audio at one rate, whatever engines speak its parts. */
export class WyomingSpeech {
  private readonly pending = new SpokenText();
  private rate: number | undefined;
  private readonly voice: string;
  private readonly language: string;

  /** @throws AppError speech.ssml_unsupported, voice.not_found */
  constructor(
    private readonly gateway: WyomingGateway,
    request: WyomingSpoken,
    defaultVoice: string,
    private readonly send: WyomingSend,
    private readonly signal: AbortSignal,
  ) {
    const { voice, text_format: textFormat = 'text' } = request;
    if (textFormat !== 'text')
      throw new AppError('speech.ssml_unsupported', `text_format: ${textFormat} is not spoken, text is.`);
    if (voice?.speaker !== undefined)
      throw new AppError('voice.not_found', 'speaker: voices have one speaker each, and no names of them.');
    this.language = voice?.language ?? '';
    this.voice = voice?.name ?? (this.language === '' ? defaultVoice : '');
  }

  /** Speaks a whole text. @throws AppError request.invalid where it has no words, speech.text_too_long; as the gateway refuses */
  async speak(text: string): Promise<void> {
    const parts = speechParts(text);
    if (parts.length === 0) throw new AppError('request.invalid', 'text: has no words.');
    for (const part of parts) await this.speakPart(part);
    await this.stop();
  }

  /** Text that comes in chunks: sentences are spoken as they are complete. @throws AppError as the gateway refuses */
  async push(text: string): Promise<void> {
    for (const part of this.pending.push(text)) await this.speakPart(part);
  }

  /** Speaks what is left. @throws AppError as the gateway refuses */
  async end(): Promise<void> {
    for (const part of this.pending.end()) await this.speakPart(part);
    await this.stop();
  }

  private async speakPart(text: string): Promise<void> {
    const { voice, language } = this;
    const { rate: from, pcm } = await this.gateway.speak({ text, voice, language }, this.signal);
    if (this.rate === undefined) {
      this.rate = from;
      await this.send('audio-start', this.format);
    }
    const same = new WyomingSpeechRate(from, this.rate);
    for await (const bytes of pcm) await this.sendAudio(same.push(bytes));
    await this.sendAudio(same.end());
  }

  private async sendAudio(samples: Buffer): Promise<void> {
    for (let at = 0; at < samples.length; at += CHUNK_BYTES)
      await this.send('audio-chunk', this.format, samples.subarray(at, at + CHUNK_BYTES));
  }

  private async stop(): Promise<void> {
    if (this.rate !== undefined) await this.send('audio-stop');
  }

  private get format() {
    return { rate: this.rate, width: 2, channels: 1 };
  }
}
