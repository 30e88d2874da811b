import type { Metadata, ServerWritableStream } from '@grpc/grpc-js';
import { Inject, Injectable } from '@nestjs/common';
import type { SynthesizeRequest__Output } from '@parlance/contracts/proto/parlance/tts/v1/SynthesizeRequest';
import type { SynthesizeResponse } from '@parlance/contracts/proto/parlance/tts/v1/SynthesizeResponse';
import { AppError } from '@parlance/errors';
import { whenWritable } from '@parlance/resilience';
import { cancelSignal, identityOf, traceOf } from '@parlance/rpc';
import { LOGGER, SpanKind, withSpan, type Logger } from '@parlance/telemetry';
import { OUTPUT_RATE_HZ } from './encoding/encodings.js';
import { speechOrder, type SpeechOrder } from './speech/speech-order.js';
import { SpeechService } from './speech/speech.service.js';

export type SynthesizeCall = ServerWritableStream<SynthesizeRequest__Output, SynthesizeResponse>;

/** Answers Synthesize calls and tracks the open ones for the drain. */
@Injectable()
export class SynthesisService {
  private readonly open = new Set<Promise<void>>();
  private draining = false;
  private readonly stopped = new AbortController();

  constructor(
    private readonly speech: SpeechService,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** Writes format, audio and words to the call; resolves when all is written.
   *  @throws AppError as SpeechService.speak, and those of a wrong request */
  async synthesize(
    request: SynthesizeRequest__Output,
    metadata: Metadata,
    call: SynthesizeCall,
  ): Promise<void> {
    if (this.draining) throw stopping();
    const options = { kind: SpanKind.SERVER, parent: traceOf(metadata), identity: identityOf(metadata) };
    const { tenant = '' } = options.identity;
    const answer = withSpan('parlance.tts.v1.Synthesis/Synthesize', options, () =>
      this.answer(request, tenant, call),
    );
    this.open.add(answer);
    try {
      await answer;
    } finally {
      this.open.delete(answer);
    }
  }

  /** Refuses new calls; resolves when the open ones have ended. */
  async drain(): Promise<void> {
    this.draining = true;
    await Promise.allSettled(this.open);
  }

  /** Ends the calls that are still open, each with an error. */
  stop(): void {
    this.stopped.abort();
  }

  private async answer(
    request: SynthesizeRequest__Output,
    tenant: string,
    call: SynthesizeCall,
  ): Promise<void> {
    const signal = AbortSignal.any([cancelSignal(call), this.stopped.signal]);
    try {
      await this.speak(speechOrder({ ...request, tenant }), call, signal);
    } catch (error) {
      throw this.stopped.signal.aborted ? stopping() : error;
    }
    // Speech that was cut short must not look whole.
    if (this.stopped.signal.aborted) throw stopping();
  }

  private async speak(order: SpeechOrder, call: SynthesizeCall, signal: AbortSignal): Promise<void> {
    const begunAt = performance.now();
    const { engine, voice, degraded, audio, words } = await this.speech.speak(order, signal);
    const { protoName: encoding, contentType } = order.encoding;
    const format = { encoding, contentType, sampleRateHz: OUTPUT_RATE_HZ, engine, voice };
    call.write({ format: { ...format, degradedFrom: degraded?.from ?? '' } });
    for await (const part of audio) {
      if (signal.aborted) return;
      if (!call.write({ audio: part })) await whenWritable(call, signal);
    }
    call.write({ words: { words: [...(await words())] } });
    const tookMs = Math.round(performance.now() - begunAt);
    this.logger.info({ engine, voice, characters: order.text.length, tookMs }, 'text spoken');
  }
}

function stopping(): AppError {
  return new AppError('service.draining', 'This service is about to stop.');
}
