import { Inject, Injectable } from '@nestjs/common';
import type { SpeakFormat } from '@parlance/contracts';
import { programOutput } from '@parlance/processes';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';
import { wholeSamples } from '../media/decoder.service.js';
import type { QuotaSubject } from '../quotas/quota-subject.js';
import { Quotas } from '../quotas/quotas.service.js';
import { modelOfAlias } from '../recognition/deepgram-models.config.js';
import { isAsSpoken, speakArguments } from './speech-format.js';
import { SpeechSynthesisClient } from './synthesis.client.js';
import { VoicesService } from './voices.service.js';

/** Names of Deepgram's voices end with the language: `aura-2-thalia-en`. */
const LANGUAGE_OF_NAME = /^aura.*-([a-z]{2})$/;

/** A text to be spoken for a client of Deepgram. */
export interface DeepgramText {
  readonly text: string;
  /** As the client names it. */
  readonly model: string;
  readonly format: SpeakFormat;
  readonly speed: number;
}

/** Speech as it is made, in the format that was asked for. */
export interface DeepgramAudio {
  readonly engine: string;
  /** The engine that was to speak, where another one had to; else empty. */
  readonly degradedFrom: string;
  readonly audio: AsyncIterable<Buffer>;
}

/** Speaks texts for clients of Deepgram: by our voices, in its formats. */
@Injectable()
export class DeepgramSpeech {
  constructor(
    private readonly synthesis: SpeechSynthesisClient,
    private readonly voices: VoicesService,
    private readonly quotas: Quotas,
    @Inject(GATEWAY_CONFIG) private readonly config: Pick<GatewayConfig, 'synthesis' | 'decoder'>,
  ) {}

  /** Resolves once the speech begins. @throws AppError as `SpeechSynthesisClient.speak`; the audio as `programOutput` too */
  async speak(
    { text, model, format, speed }: DeepgramText,
    subject: QuotaSubject,
    signal: AbortSignal,
  ): Promise<DeepgramAudio> {
    const request = { text, ...this.voiceOf(model), speed, encoding: 'SPEECH_ENCODING_PCM_S16LE' } as const;
    const spoken = await this.synthesis.speak(request, { tenant: subject.tenant }, signal);
    this.quotas.count(subject, { characters: text.length });
    const { engine, degradedFrom, sampleRateHz } = spoken.format;
    return { engine, degradedFrom, audio: this.encoded(spoken.audio, format, sampleRateHz, signal) };
  }

  /** @throws AppError voice.not_found */
  async requireVoice(model: string, signal: AbortSignal): Promise<void> {
    await this.voices.require(this.voiceOf(model).voice, signal);
  }

  /** A voice by its name, or any of a language. */
  private voiceOf(model: string): { readonly voice: string; readonly language: string } {
    const voice = modelOfAlias(this.config.synthesis.deepgramVoices, model);
    return { voice, language: voice === '' ? (LANGUAGE_OF_NAME.exec(model)?.[1] ?? '') : '' };
  }

  private encoded(
    pcm: AsyncIterable<Buffer>,
    format: SpeakFormat,
    rateHz: number,
    signal: AbortSignal,
  ): AsyncIterable<Buffer> {
    if (isAsSpoken(format, rateHz)) return wholeSamples(pcm);
    const bytes = programOutput(this.config.decoder.ffmpegPath, speakArguments(format, rateHz), {
      unavailable: 'The speech cannot be encoded just now.',
      input: pcm,
      signal,
    });
    const isRaw16 = format.encoding === 'linear16' && format.container === 'none';
    return isRaw16 ? wholeSamples(bytes) : bytes;
  }
}
