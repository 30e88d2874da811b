import type { ServerDuplexStream } from '@grpc/grpc-js';
import type {
  RequestIdentity,
  StreamingConfig__Output,
  StreamingRecognizeRequest__Output,
  StreamingRecognizeResponse,
} from '@parlance/contracts';
import { AppError, clientGone, toAppError } from '@parlance/errors';
import { whenWritable } from '@parlance/resilience';
import { onCancelled } from '@parlance/rpc';
import { draining, type OpenCall } from '../drain/open-calls.service.js';
import { LiveAudioLength } from '../quotas/live-audio-length.js';
import type { AudioMeter } from '../quotas/quotas.service.js';
import type { RecognitionClient, RecognitionStream } from '../recognition/recognition.client.js';

export type SpeechCall = ServerDuplexStream<StreamingRecognizeRequest__Output, StreamingRecognizeResponse>;

export interface ForwardOptions {
  readonly identity: Partial<RequestIdentity>;
  /** What a client's model name stands for. */
  readonly modelOf: (name: string) => string;
  /** Longest silence of the client, milliseconds. */
  readonly idleMs: number;
  /** Counts the client's audio. */
  readonly meter: AudioMeter;
}

/** A client's stream passed on to inference, message by message: whoever is slower sets the pace of both. */
export class ForwardedStream implements OpenCall {
  /** Fires when the stream must end before inference ends it; its reason is the error the client gets. */
  private readonly leave = new AbortController();
  private stream: RecognitionStream | undefined;
  private isDraining = false;
  private idle: NodeJS.Timeout | undefined;

  constructor(
    private readonly call: SpeechCall,
    private readonly recognition: RecognitionClient,
    private readonly options: ForwardOptions,
  ) {
    onCancelled(call, () => this.stop(clientGone()));
  }

  /** Resolves when inference has ended the stream.
   *  @throws AppError stream.config_missing, stream.idle_timeout, service.draining and inference's faults */
  async run(): Promise<void> {
    const { signal } = this.leave;
    try {
      const config = await this.readConfig();
      this.stream = await this.recognition.open(config, this.options.identity, signal);
      this.forward(this.stream, new LiveAudioLength(config.recognition?.audio));
      for await (const event of this.stream) await this.answer(event);
    } catch (error) {
      throw signal.aborted ? signal.reason : error;
    } finally {
      clearTimeout(this.idle);
      this.stream?.cancel();
    }
    if (this.isDraining) throw draining();
  }

  /** Ends the audio; what has arrived is still recognised, and the client then continues on another replica. */
  drain(): void {
    this.isDraining = true;
    clearTimeout(this.idle);
    if (this.stream) this.stream.end();
    else this.stop(draining());
  }

  cut(fault: AppError): void {
    this.stop(fault);
  }

  private stop(reason: AppError): void {
    this.leave.abort(reason);
    this.stream?.cancel();
  }

  private readConfig(): Promise<StreamingConfig__Output> {
    const missing = () =>
      new AppError('stream.config_missing', 'The first message of a stream must be its configuration.');
    const { signal } = this.leave;
    this.restartIdle(missing());
    return new Promise((resolve, reject) => {
      const leave = (): void => reject(signal.reason as AppError);
      if (signal.aborted) return leave();
      signal.addEventListener('abort', leave, { once: true });
      this.call.once('end', () => reject(missing()));
      this.call.once('data', (message: StreamingRecognizeRequest__Output) => {
        this.call.pause();
        clearTimeout(this.idle);
        const config = message.payload === 'config' ? message.config : undefined;
        if (!config) return reject(missing());
        const { recognition } = config;
        resolve({
          ...config,
          recognition: recognition && {
            ...recognition,
            model: this.options.modelOf(recognition.model),
          },
        });
      });
    });
  }

  private forward(stream: RecognitionStream, length: LiveAudioLength): void {
    this.call.on('data', (message: StreamingRecognizeRequest__Output) => {
      this.call.pause();
      // While it is not read, a client that says nothing is not at fault.
      clearTimeout(this.idle);
      this.send(message, stream, length).then(
        () => this.readOn(),
        (error: unknown) => this.stop(toAppError(error)),
      );
    });
    this.call.on('end', () => {
      clearTimeout(this.idle);
      stream.end();
    });
    this.readOn();
  }

  /** @throws AppError quota.audio_exceeded */
  private async send(
    message: StreamingRecognizeRequest__Output,
    stream: RecognitionStream,
    length: LiveAudioLength,
  ): Promise<void> {
    if (message.audio) this.options.meter.add(length.push(message.audio));
    await stream.send(message);
  }

  private readOn(): void {
    this.restartIdle(
      new AppError('stream.idle_timeout', 'Nothing was sent for too long; send audio or CONTROL_KEEP_ALIVE.'),
    );
    this.call.resume();
  }

  private restartIdle(fault: AppError): void {
    clearTimeout(this.idle);
    if (this.leave.signal.aborted || this.isDraining || this.stream?.hasEnded) return;
    this.idle = setTimeout(() => this.stop(fault), this.options.idleMs);
  }

  private async answer(event: StreamingRecognizeResponse): Promise<void> {
    const { signal } = this.leave;
    if (signal.aborted || this.call.write(event)) return;
    await whenWritable(this.call, signal);
  }
}
