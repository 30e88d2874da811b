import { Inject, Injectable } from '@nestjs/common';
import { ENDPOINTING, type RequestIdentity, type StreamingConfig } from '@parlance/contracts';
import { toAppError, type AppError } from '@parlance/errors';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';
import { MeteredStream } from '../quotas/metered-audio.js';
import type { QuotaSubject } from '../quotas/quota-subject.js';
import { Quotas } from '../quotas/quotas.service.js';
import type { LiveStream } from './live-stream.js';
import { RecognitionClient } from './recognition.client.js';
import { isOfPods, RecognitionService, type RecordingOptions } from './recognition.service.js';
import { RemoteStream } from './remote-stream.js';
import { ResumedStream } from './resumed-stream.js';

/** Pods that were away may be back after so long. */
const RETURN_AFTER_MS = 60_000;

/** Recognises live streams: on a pod, on another pod where the first one breaks off, and while none takes them by the remote recognisers,
 *  utterance by utterance. */
@Injectable()
export class LiveRecognition {
  constructor(
    private readonly pods: RecognitionClient,
    private readonly recognition: RecognitionService,
    private readonly quotas: Quotas,
    @Inject(GATEWAY_CONFIG) private readonly config: Pick<GatewayConfig, 'turns'>,
  ) {}

  /** @param usedBy  whom the audio is counted for
   *  @throws AppError quota.audio_exceeded; as `RecognitionClient.open`, where no remote recogniser is there or can do what is
   *  asked for */
  async open(
    config: StreamingConfig,
    identity: Partial<RequestIdentity>,
    signal: AbortSignal,
    usedBy: QuotaSubject,
  ): Promise<LiveStream> {
    const meter = await this.quotas.openAudio(usedBy);
    return new MeteredStream(await this.openFirst(config, identity, signal), config, meter);
  }

  private async openFirst(
    config: StreamingConfig,
    identity: Partial<RequestIdentity>,
    signal: AbortSignal,
  ): Promise<LiveStream> {
    const options = decodedOptions(config);
    // Only a pod can decode it, and nobody else go on in the middle of a file.
    if (!options) return this.pods.open(config, identity, signal);
    const open = () => this.openOnce(config, options, identity, signal);
    const first = await open();
    return new ResumedStream(first, {
      isResumable: (fault) => !signal.aborted && isOfPods(fault),
      reopen: open,
    });
  }

  private async openOnce(
    config: StreamingConfig,
    options: RecordingOptions,
    identity: Partial<RequestIdentity>,
    signal: AbortSignal,
  ): Promise<LiveStream> {
    try {
      return await this.pods.open(config, identity, signal);
    } catch (error) {
      const podFault = toAppError(error);
      if (signal.aborted || !isOfPods(podFault) || !this.recognition.hasRemoteFor(options)) throw error;
      return this.openRemote(config, options, identity, podFault);
    }
  }

  private openRemote(
    { endpointing }: StreamingConfig,
    options: RecordingOptions,
    identity: Partial<RequestIdentity>,
    podFault: AppError,
  ): LiveStream {
    const { recognitionLimitMs: limitMs } = this.config.turns;
    return new RemoteStream({
      model: 'remote',
      returnAfterMs: RETURN_AFTER_MS,
      silenceMs: endpointing?.silenceMs || ENDPOINTING.silenceMs.usual,
      maxUtteranceMs: endpointing?.maxUtteranceMs || ENDPOINTING.maxUtteranceMs.usual,
      transcribe: (bytes, signal) =>
        this.recognition.transcribe({ pcm: once(bytes), options, identity, signal, limitMs, podFault }),
    });
  }
}

/** What a recogniser is asked for; undefined where the audio is not 16 kHz mono s16le. */
function decodedOptions({ recognition }: StreamingConfig): RecordingOptions | undefined {
  const { audio, ...options } = recognition ?? {};
  const isDecoded =
    audio?.encoding === 'AUDIO_ENCODING_PCM_S16LE' && audio.sampleRateHz === 16_000 && audio.channels === 1;
  return isDecoded ? options : undefined;
}

async function* once(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes;
}
