import type { ServerDuplexStream } from '@grpc/grpc-js';
import type {
  RequestIdentity,
  StreamingConfig__Output,
  StreamingRecognizeRequest__Output,
  StreamingRecognizeResponse,
} from '#libs/contracts';
import { AppError } from '#libs/errors';
import { draining } from '../drain/open-streams.service.js';
import type { RecognitionClient } from '../recognition/recognition.client.js';
import type { RecognitionStream } from '../recognition/recognition-stream.js';

export type SpeechCall = ServerDuplexStream<StreamingRecognizeRequest__Output, StreamingRecognizeResponse>;

/** A client's stream passed on to inference, message by message: whoever is slower sets the pace of both. */
export class ForwardedStream {
  private readonly leave = new AbortController();
  private stream: RecognitionStream | undefined;
  private isDraining = false;

  constructor(
    private readonly call: SpeechCall,
    private readonly recognition: RecognitionClient,
    private readonly identity: Partial<RequestIdentity>,
    /** What a client's model name stands for. */
    private readonly modelOf: (name: string) => string,
  ) {}

  /** Resolves when inference has said its last. @throws AppError stream.config_missing and inference's faults */
  async run(): Promise<void> {
    this.call.on('cancelled', () => {
      this.leave.abort();
      this.stream?.cancel();
    });
    this.stream = await this.recognition.open(await this.readConfig(), this.identity, this.leave.signal);
    if (this.call.cancelled) this.stream.cancel();
    this.forward(this.stream);
    for await (const event of this.stream) await this.answer(event);
    if (this.isDraining) throw draining();
  }

  /** Hears out what was said; the client then goes on elsewhere. */
  drain(): void {
    this.isDraining = true;
    this.leave.abort();
    this.stream?.end();
  }

  private readConfig(): Promise<StreamingConfig__Output> {
    const missing = () =>
      new AppError('stream.config_missing', 'The first message of a stream must be its configuration.');
    return new Promise((resolve, reject) => {
      this.call.once('end', () => reject(missing()));
      this.call.once('cancelled', () => reject(new AppError('request.cancelled', 'The client has gone.')));
      this.call.once('data', (message: StreamingRecognizeRequest__Output) => {
        this.call.pause();
        const config = message.payload === 'config' ? message.config : undefined;
        if (!config) return reject(missing());
        const { recognition } = config;
        resolve({
          ...config,
          recognition: recognition && { ...recognition, model: this.modelOf(recognition.model) },
        });
      });
    });
  }

  private forward(stream: RecognitionStream): void {
    this.call.on('data', (message: StreamingRecognizeRequest__Output) => {
      this.call.pause();
      void stream.send(message).then(() => this.call.resume());
    });
    this.call.on('end', () => stream.end());
    this.call.resume();
  }

  private async answer(event: StreamingRecognizeResponse): Promise<void> {
    if (this.call.cancelled || this.call.write(event)) return;
    await new Promise<void>((resolve) => {
      const settle = (): void => {
        this.call.off('drain', settle).off('cancelled', settle);
        resolve();
      };
      this.call.on('drain', settle).on('cancelled', settle);
    });
  }
}
