import { Readable } from 'node:stream';
import { Inject, Injectable } from '@nestjs/common';
import type { Degradation, SpeechWord } from '@parlance/contracts';
import { isAppError, toAppError } from '@parlance/errors';
import { Bulkhead } from '@parlance/resilience';
import { LOGGER, type Logger } from '@parlance/telemetry';
import { noteFallback } from '@parlance/turns';
import { AudioEncoder } from '../encoding/audio-encoder.js';
import { OUTPUT_RATE_HZ } from '../encoding/encodings.js';
import { silence } from '../engines/neural-voice.js';
import type { EngineAudio } from '../engines/speech-synthesizer.js';
import { TTS_CONFIG, type TtsConfig } from '../tts.config.js';
import { speakableText } from '../voices/speakable-text.js';
import type { ChosenVoice } from '../voices/voice-table.js';
import { EnginePatience } from './patience.js';
import { SpeechCache, type KeptSpeech } from './speech-cache.service.js';
import type { SpeechInTheMaking } from './speech-in-the-making.js';
import type { SpeechOrder } from './speech-order.js';

const PAUSE_SECONDS = 0.3;
/** With these another engine may still speak. */
const ENGINE_IS_DOWN: ReadonlySet<string> = new Set(['upstream.unavailable', 'model.invalid']);

/** Has a text spoken by the first engine that can, best first, and keeps the speech. */
@Injectable()
export class SpeechMaker {
  /** Of each engine, so that a slow one does not keep the others waiting. */
  private readonly slots = new Map<string, Bulkhead>();

  constructor(
    private readonly encoder: AudioEncoder,
    private readonly cache: SpeechCache,
    @Inject(TTS_CONFIG) private readonly config: Pick<TtsConfig, 'speech'>,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** Resolves when the speech is whole and kept.
   *  @param choices at least one; the next one speaks where one is down before its first audio
   *  @throws AppError of the last engine; store.unavailable, inference.overloaded */
  async make(making: SpeechInTheMaking, order: SpeechOrder, choices: readonly ChosenVoice[]): Promise<void> {
    const [first] = choices as [ChosenVoice];
    let degraded: Degradation | undefined;
    for (const [index, choice] of choices.entries()) {
      const { engine } = choice.synthesizer;
      const next = choices[index + 1]?.synthesizer.engine;
      if (degraded && (await this.fromCache(choice, making, order, degraded))) return;
      const { engineLimitMs, silenceLimitMs } = this.config.speech;
      const release = await this.slotsOf(engine).acquire(making.signal, order.tenant);
      const patience = new EnginePatience(
        next === undefined ? silenceLimitMs : engineLimitMs,
        silenceLimitMs,
      );
      try {
        return await this.makeWith(choice, making, order, patience, degraded);
      } catch (error) {
        const isLate = patience.signal.aborted && !making.signal.aborted;
        const isDown = isLate || (isAppError(error) && ENGINE_IS_DOWN.has(error.code));
        if (making.hasAudio || next === undefined || !isDown) throw isLate ? patience.signal.reason : error;
        const reason = isLate ? 'request.deadline_exceeded' : toAppError(error).code;
        noteFallback('speech', engine, next, reason);
        degraded = { stage: 'speech', from: first.synthesizer.engine, to: next, reason };
        this.logger.warn({ err: error, engine, next }, 'an engine is down, the next one speaks');
      } finally {
        patience.end();
        release();
      }
    }
  }

  /** What the fallback has said before need not be said anew. @returns whether it was there */
  private async fromCache(
    { synthesizer, voice }: ChosenVoice,
    making: SpeechInTheMaking,
    order: SpeechOrder,
    degraded: Degradation,
  ): Promise<boolean> {
    const key = this.cache.keyOf(order, synthesizer.engine, voice.name);
    const kept = await this.cache.find(key).catch(() => undefined);
    const audio = kept && (await this.cache.read(kept).catch(() => undefined));
    if (!kept || !audio) return false;
    const parts: Buffer[] = [];
    for await (const part of audio) parts.push(part);
    making.begin({ engine: kept.engine, voice: kept.voice, degraded });
    making.add(Buffer.concat(parts));
    making.end(kept.words);
    making.keep({ ...kept, degraded });
    return true;
  }

  private async makeWith(
    { synthesizer, voice }: ChosenVoice,
    making: SpeechInTheMaking,
    order: SpeechOrder,
    patience: EnginePatience,
    degraded: Degradation | undefined,
  ): Promise<void> {
    const speaker = { engine: synthesizer.engine, voice: voice.name, ...(degraded ? { degraded } : {}) };
    const signal = AbortSignal.any([making.signal, patience.signal]);
    const speech = order.isPause
      ? pause()
      : synthesizer.speak(speakableText(order.text, voice), voice.name, { speed: order.speed, signal });
    const encoded = this.encoder.encode(speech, order.encoding, signal);
    for await (const part of encoded.chunks) {
      patience.renew();
      if (!making.hasAudio) making.begin(speaker);
      making.add(part);
    }
    patience.renew();
    making.begin(speaker);
    const key = this.cache.keyOf(order, synthesizer.engine, voice.name);
    // It is stored while its words are timed.
    const [words, audio] = await Promise.all([
      this.wordsOf(speech, encoded.delayMs).then((found) => {
        making.end(found);
        return found;
      }),
      this.cache.store(key, order, Buffer.concat(making.parts)),
    ]);
    const facts = { engine: speaker.engine, voice: speaker.voice, durationMs: encoded.durationMs(), words };
    const kept: KeptSpeech = await this.cache.keep(key, order, { audio, ...facts });
    making.keep({ ...kept, ...(degraded ? { degraded } : {}) });
  }

  /** Times in the encoded audio; none where the engine cannot tell them after all. */
  private async wordsOf(speech: EngineAudio, delayMs: number): Promise<SpeechWord[]> {
    try {
      const inOutput = (ms: number): number => Math.max(0, Math.round(ms / speech.speed + delayMs));
      return (await speech.words()).map(({ text, startMs, endMs }) => ({
        text,
        startMs: inOutput(startMs),
        endMs: inOutput(endMs),
      }));
    } catch (error) {
      this.logger.warn({ err: error }, 'the times of the words are not known');
      return [];
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
}

function pause(): EngineAudio {
  const chunks = Readable.from([silence(PAUSE_SECONDS, OUTPUT_RATE_HZ)]);
  return { sampleRateHz: OUTPUT_RATE_HZ, speed: 1, chunks, words: () => Promise.resolve([]) };
}
