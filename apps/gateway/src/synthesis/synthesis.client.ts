import { Inject, Injectable } from '@nestjs/common';
import type { ClientReadableStream } from '@grpc/grpc-js';
import type { RequestIdentity, SynthesisClient } from '@parlance/contracts';
import { AppError, fromGrpcError } from '@parlance/errors';
import type { SpeechFormat__Output } from '@parlance/contracts/proto/parlance/tts/v1/SpeechFormat';
import type { ListVoicesResponse__Output } from '@parlance/contracts/proto/parlance/tts/v1/ListVoicesResponse';
import type { SynthesizeRequest } from '@parlance/contracts/proto/parlance/tts/v1/SynthesizeRequest';
import type { SynthesizeResponse__Output } from '@parlance/contracts/proto/parlance/tts/v1/SynthesizeResponse';
import { outsideCall } from '@parlance/resilience';
import { callMetadata, GrpcClientPool, watchedCertificates } from '@parlance/rpc';
import { LOGGER, type Logger } from '@parlance/telemetry';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';

/** OpenAI's names of audio formats, and the encodings that tts is asked for. */
export const SPEECH_FORMATS = {
  mp3: 'SPEECH_ENCODING_MP3',
  opus: 'SPEECH_ENCODING_OGG_OPUS',
  aac: 'SPEECH_ENCODING_AAC',
  flac: 'SPEECH_ENCODING_FLAC',
  wav: 'SPEECH_ENCODING_WAV',
  pcm: 'SPEECH_ENCODING_PCM_S16LE',
} as const;
export const SPEECH_FORMAT_NAMES = Object.keys(SPEECH_FORMATS) as (keyof typeof SPEECH_FORMATS)[];

/** @param known  names that all stand for the one chain of voices there is
 *  @throws AppError model.not_found for any other name */
export function assertSpeechModel(known: readonly string[], name: string): void {
  if (!known.includes(name))
    throw new AppError('model.not_found', `There is no speech model named "${name}".`);
}

/** Speech being made. Leaving the loop early stops the work. */
export interface SynthesizedSpeech {
  readonly format: SpeechFormat__Output;
  readonly audio: AsyncIterable<Buffer>;
}

/** The tts pods. */
@Injectable()
export class SynthesisPool extends GrpcClientPool<SynthesisClient> {
  constructor(
    @Inject(GATEWAY_CONFIG) config: Pick<GatewayConfig, 'synthesis' | 'mutualTls' | 'tlsReloadMs'>,
    @Inject(LOGGER) logger: Logger,
  ) {
    const certificates = watchedCertificates(config.mutualTls, config.tlsReloadMs, logger);
    super('tts', { ...config.synthesis, certificates, logger });
  }
}

/** Has text spoken by a tts pod. */
@Injectable()
export class SpeechSynthesisClient {
  private readonly beginning = outsideCall({
    name: 'Speech synthesis',
    timeoutMs: 15_000,
    attempts: 3,
    breaker: { failures: 20, halfOpenAfterMs: 500 },
  });

  private readonly listing = outsideCall({
    name: 'Speech synthesis',
    timeoutMs: 2_000,
    attempts: 2,
    breaker: { failures: 5, halfOpenAfterMs: 1_000 },
  });

  constructor(private readonly pool: SynthesisPool) {}

  /** Resolves once the speech begins. @throws AppError as tts refuses: voice.not_found, speech.text_too_long,
   *  speech.unsupported_script, …; upstream.unavailable */
  async speak(
    request: SynthesizeRequest,
    identity: Partial<RequestIdentity>,
    signal: AbortSignal,
  ): Promise<SynthesizedSpeech> {
    return this.beginning.execute(async (attempt) => {
      const lease = await this.pool.pick(attempt.signal);
      const call = lease.client.Synthesize(request, callMetadata(identity));
      call.on('error', () => undefined);
      call.once('status', () => lease.release());
      const stop = (): void => call.cancel();
      attempt.signal.addEventListener('abort', stop, { once: true });
      signal.addEventListener('abort', stop, { once: true });
      try {
        const messages = call[Symbol.asyncIterator]() as AsyncIterator<SynthesizeResponse__Output>;
        const first = await messages.next();
        const format = first.done ? undefined : first.value.format;
        if (!format) throw new AppError('upstream.unavailable', 'Speech synthesis gave no speech.');
        return { format, audio: audioOf(messages, call) };
      } catch (error) {
        call.cancel();
        throw fromGrpcErrorUnlessOurs(error);
      } finally {
        attempt.signal.removeEventListener('abort', stop);
      }
    }, signal);
  }

  /** @throws AppError upstream.unavailable */
  async voices(signal: AbortSignal): Promise<ListVoicesResponse__Output> {
    return this.listing.execute(
      (attempt) =>
        this.pool.call<ListVoicesResponse__Output>(
          (client, answer) => client.ListVoices({}, answer),
          attempt.signal,
        ),
      signal,
    );
  }
}

async function* audioOf(
  messages: AsyncIterator<SynthesizeResponse__Output>,
  call: ClientReadableStream<SynthesizeResponse__Output>,
): AsyncGenerator<Buffer> {
  try {
    for (let next = await messages.next(); !next.done; next = await messages.next()) {
      if (next.value.audio) yield next.value.audio;
    }
  } catch (error) {
    throw fromGrpcErrorUnlessOurs(error);
  } finally {
    call.cancel();
  }
}

function fromGrpcErrorUnlessOurs(error: unknown): AppError {
  return error instanceof AppError ? error : fromGrpcError(error);
}
