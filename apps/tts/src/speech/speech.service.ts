import { Readable } from 'node:stream';
import { Inject, Injectable } from '@nestjs/common';
import { AppError, isAppError } from '@parlance/errors';
import { Bulkhead } from '@parlance/resilience';
import { counter, LOGGER, withSpan, type Logger } from '@parlance/telemetry';
import { AudioEncoder } from '../encoding/audio-encoder.js';
import { OUTPUT_RATE_HZ } from '../encoding/encodings.js';
import { silence } from '../engines/neural-voice.js';
import type { EngineAudio } from '../engines/speech-synthesizer.js';
import { SpeechEnginesService } from '../engines/speech-engines.service.js';
import { TTS_CONFIG, type TtsConfig } from '../tts.config.js';
import { speakableText } from '../voices/speakable-text.js';
import type { ChosenVoice } from '../voices/voice-table.js';
import { SpeechCache, type KeptSpeech } from './speech-cache.service.js';
import { SpeechInTheMaking, type Speaker } from './speech-in-the-making.js';
import type { SpeechOrder } from './speech-order.js';

/** Speech with its audio, as it is made or from the store. */
export interface AudibleSpeech extends Speaker {
  readonly audio: AsyncIterable<Buffer>;
}

const PAUSE_SECONDS = 0.3;
/** With these another engine may still speak. */
const ENGINE_IS_DOWN: ReadonlySet<string> = new Set(['upstream.unavailable', 'model.invalid']);
/** How long speech that is whole can still be joined. */
const LINGER_MS = 1_000;

const lookUps = () =>
  counter('parlance_speech_requests_total', 'Speech asked for, by where it came from.', ['source']);

/** Speaks texts: from the store when they were spoken before, together with whoever wants the same just now, else anew. */
@Injectable()
export class SpeechService {
  private readonly making = new Map<string, SpeechInTheMaking>();
  /** Of each engine, so that a slow one does not keep the others waiting. */
  private readonly slots = new Map<string, Bulkhead>();

  constructor(
    private readonly engines: SpeechEnginesService,
    private readonly encoder: AudioEncoder,
    private readonly cache: SpeechCache,
    @Inject(TTS_CONFIG) private readonly config: TtsConfig,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** Resolves when the audio begins.
   *  @throws AppError voice.not_found, speech.unsupported_script, request.invalid, inference.overloaded, upstream.unavailable,
   *  request.deadline_exceeded */
  async speak(order: SpeechOrder, signal: AbortSignal): Promise<AudibleSpeech> {
    const { key, choices } = this.look(order);
    const kept = await this.findKept(key);
    const audio = kept && (await this.cache.read(kept));
    if (kept && audio) return { engine: kept.engine, voice: kept.voice, audio };
    const making = this.join(key, order, choices);
    const leave = making.listen(signal);
    try {
      const speaker = await making.speaker;
      return { ...speaker, audio: making.read(leave) };
    } catch (error) {
      leave();
      throw error;
    }
  }

  /** Resolves when the whole speech is in the store. Throws as `speak`, and store.unavailable. */
  async keep(order: SpeechOrder, signal: AbortSignal): Promise<KeptSpeech> {
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
    withSpan('speak', { attributes }, () => this.make(making, order, choices)).then(
      // Another request may have read the store just before this speech was in it.
      () => setTimeout(forget, LINGER_MS).unref(),
      (error: unknown) => {
        making.fail(error);
        forget();
      },
    );
    return making;
  }

  private async make(
    making: SpeechInTheMaking,
    order: SpeechOrder,
    choices: readonly ChosenVoice[],
  ): Promise<void> {
    for (const [index, choice] of choices.entries()) {
      const { engine } = choice.synthesizer;
      const release = await this.slotsOf(engine).acquire(making.signal, order.tenant);
      try {
        return await this.makeWith(choice, making, order);
      } catch (error) {
        const isDown = isAppError(error) && ENGINE_IS_DOWN.has(error.code);
        if (making.hasAudio || index === choices.length - 1 || !isDown) throw error;
        this.logger.warn({ err: error, engine }, 'an engine is down, the next one speaks');
      } finally {
        release();
      }
    }
  }

  private slotsOf(engine: string): Bulkhead {
    let slots = this.slots.get(engine);
    if (!slots) {
      const { concurrency: limit } = this.config.speech;
      const refusal = { refusal: 'inference.overloaded', message: 'Every voice is busy just now.' } as const;
      slots = new Bulkhead({ limit, queue: 8 * limit, ...refusal });
      this.slots.set(engine, slots);
    }
    return slots;
  }

  private async makeWith(
    { synthesizer, voice }: ChosenVoice,
    making: SpeechInTheMaking,
    order: SpeechOrder,
  ): Promise<void> {
    const speaker = { engine: synthesizer.engine, voice: voice.name };
    const patience = new Patience(this.config.speech.silenceLimitMs);
    const signal = AbortSignal.any([making.signal, patience.signal]);
    const speech = order.isPause
      ? pause()
      : synthesizer.speak(speakableText(order.text, voice), voice.name, { speed: order.speed, signal });
    const encoded = this.encoder.encode(speech, order.encoding, signal);
    try {
      for await (const part of encoded.chunks) {
        patience.renew();
        if (!making.hasAudio) making.begin(speaker);
        making.add(part);
      }
    } finally {
      patience.end();
    }
    making.begin(speaker);
    making.end();
    const key = this.cache.keyOf(order, synthesizer.engine, voice.name);
    const facts = { ...speaker, durationMs: encoded.durationMs() };
    making.keep(await this.cache.keep(key, order, Buffer.concat(making.parts), facts));
  }
}

function pause(): EngineAudio {
  const chunks = Readable.from([silence(PAUSE_SECONDS, OUTPUT_RATE_HZ)]);
  return { sampleRateHz: OUTPUT_RATE_HZ, speed: 1, chunks };
}

/** A deadline that every part of the speech renews: a long text takes its time, a stuck one does not. */
class Patience {
  private readonly over = new AbortController();
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly limitMs: number) {
    this.renew();
  }

  get signal(): AbortSignal {
    return this.over.signal;
  }

  renew(): void {
    clearTimeout(this.timer);
    const fault = new AppError('request.deadline_exceeded', 'The speech took longer than its limit.');
    this.timer = setTimeout(() => this.over.abort(fault), this.limitMs);
  }

  end(): void {
    clearTimeout(this.timer);
  }
}
