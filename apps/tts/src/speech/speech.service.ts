import { Inject, Injectable } from '@nestjs/common';
import type { SpeechWord } from '@parlance/contracts';
import { counter, LOGGER, withSpan, type Logger } from '@parlance/telemetry';
import { SpeechEnginesService } from '../engines/speech-engines.service.js';
import { speakableText } from '../voices/speakable-text.js';
import type { ChosenVoice } from '../voices/voice-table.js';
import { SpeechCache, type KeptSpeech } from './speech-cache.service.js';
import { SpeechInTheMaking, type MadeSpeech, type Speaker } from './speech-in-the-making.js';
import { SpeechMaker } from './speech-maker.service.js';
import type { SpeechOrder } from './speech-order.js';

/** Speech with its audio, as it is made or from the store. */
export interface AudibleSpeech extends Speaker {
  readonly audio: AsyncIterable<Buffer>;
  /** Known when the audio has ended. */
  readonly words: () => Promise<readonly SpeechWord[]>;
}

/** How long speech that is whole can still be joined. */
const LINGER_MS = 1_000;

const lookUps = () => counter('parlance_speech_requests_total');

/** Speaks texts: from the store when they were spoken before, together with whoever wants the same just now, else anew. */
@Injectable()
export class SpeechService {
  private readonly making = new Map<string, SpeechInTheMaking>();

  constructor(
    private readonly engines: SpeechEnginesService,
    private readonly maker: SpeechMaker,
    private readonly cache: SpeechCache,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** Resolves when the audio begins.
   *  @throws AppError voice.not_found, speech.unsupported_script, request.invalid, inference.overloaded, upstream.unavailable,
   *  request.deadline_exceeded */
  async speak(order: SpeechOrder, signal: AbortSignal): Promise<AudibleSpeech> {
    const { key, choices } = this.look(order);
    const kept = await this.findKept(key);
    const audio = kept && (await this.cache.read(kept));
    if (kept && audio)
      return { engine: kept.engine, voice: kept.voice, audio, words: () => Promise.resolve(kept.words) };
    const making = this.join(key, order, choices);
    const leave = making.listen(signal);
    try {
      const speaker = await making.speaker;
      return { ...speaker, audio: making.read(leave), words: () => making.words };
    } catch (error) {
      leave();
      throw error;
    }
  }

  /** Resolves when the whole speech is in the store. Throws as `speak`, and store.unavailable. */
  async keep(order: SpeechOrder, signal: AbortSignal): Promise<MadeSpeech> {
    const { key, choices } = this.look(order);
    const kept = await this.findKept(key);
    if (kept) return kept;
    const making = this.join(key, order, choices);
    const leave = making.listen(signal);
    try {
      return await making.result;
    } finally {
      leave();
    }
  }

  /** The engines that are tried for an order, best first. @throws AppError voice.not_found */
  enginesFor({ voice, language }: SpeechOrder): string[] {
    return this.engines.choose(voice, language).map(({ synthesizer }) => synthesizer.engine);
  }

  /** Resolves when no speech is being made or stored. */
  async drain(): Promise<void> {
    await Promise.allSettled([...this.making.values()].map(({ result }) => result));
  }

  private look(order: SpeechOrder): { key: string; choices: ChosenVoice[] } {
    const choices = this.engines.choose(order.voice, order.language);
    const [{ synthesizer, voice }] = choices as [ChosenVoice];
    // Refused before anything is kept or begun.
    if (!order.isPause) speakableText(order.text, voice);
    return { key: this.cache.keyOf(order, synthesizer.engine, voice.name), choices };
  }

  private async findKept(key: string): Promise<KeptSpeech | undefined> {
    try {
      const kept = await this.cache.find(key);
      if (kept) lookUps().inc({ source: 'store' });
      return kept;
    } catch (error) {
      this.logger.warn({ err: error }, 'the speech store does not answer, speaking anew');
      return undefined;
    }
  }

  private join(key: string, order: SpeechOrder, choices: readonly ChosenVoice[]): SpeechInTheMaking {
    const running = this.making.get(key);
    if (running && !running.signal.aborted) {
      lookUps().inc({ source: 'shared' });
      return running;
    }
    lookUps().inc({ source: 'voice' });
    const making = new SpeechInTheMaking();
    this.making.set(key, making);
    const attributes = {
      'parlance.speech.encoding': order.encoding.name,
      'parlance.speech.characters': order.text.length,
    };
    const forget = (): void => {
      if (this.making.get(key) === making) this.making.delete(key);
    };
    withSpan('speak', { attributes }, () => this.maker.make(making, order, choices)).then(
      // Another request may have read the store just before this speech was in it.
      () => setTimeout(forget, LINGER_MS).unref(),
      (error: unknown) => {
        making.fail(error);
        forget();
      },
    );
    return making;
  }
}
