import { credentials, type Client, type ServiceError } from '@grpc/grpc-js';
import * as grpc from '@grpc/grpc-js';
import type { GRPCInferenceServiceClient } from '@parlance/contracts/proto/inference/GRPCInferenceService';
import type {
  SpeechClient,
  StreamingConfig,
  StreamingRecognizeRequest,
  StreamingRecognizeResponse__Output,
} from '@parlance/contracts';
import { loadProtocols } from '@parlance/rpc';
import { freePort } from './free-port.js';
import { ServiceProcess } from './service-process.js';
import { MODEL_ENVIRONMENT } from './models.js';

interface ClientClass {
  new (address: string, credentials: grpc.ChannelCredentials, options?: object): Client;
}
interface Packages {
  readonly parlance: { readonly voice: { readonly v1: { readonly Speech: ClientClass } } };
  readonly inference: { readonly GRPCInferenceService: ClientClass };
}

const packages = grpc.loadPackageDefinition(loadProtocols(['voice', 'inference'])) as unknown as Packages;
const CHANNEL = { 'grpc.max_receive_message_length': -1, 'grpc.max_send_message_length': -1 };

/** The inference service as a process of its own, with clients for its APIs. */
export class InferenceProcess {
  private constructor(
    readonly service: ServiceProcess,
    readonly address: string,
    readonly speech: SpeechClient,
    readonly models: GRPCInferenceServiceClient,
  ) {}

  /** Live capacity is fixed, since a busy machine would measure little. */
  static async start(environment: Readonly<Record<string, string>> = {}): Promise<InferenceProcess> {
    const port = await freePort();
    const service = await ServiceProcess.start('inference', {
      PARLANCE_GRPC_PORT: String(port),
      ...MODEL_ENVIRONMENT,
      PARLANCE_MAX_LIVE_STREAMS: '8',
      ...environment,
    });
    const address = `127.0.0.1:${port}`;
    const open = (Service: ClientClass): Client =>
      new Service(address, credentials.createInsecure(), CHANNEL);
    const speech = open(packages.parlance.voice.v1.Speech) as SpeechClient;
    const models = open(packages.inference.GRPCInferenceService) as GRPCInferenceServiceClient;
    return new InferenceProcess(service, address, speech, models);
  }

  openStream(metadata = new grpc.Metadata()): SpeechStream {
    return new SpeechStream(this.speech.streamingRecognize(metadata));
  }

  /** A metric's value; labels as they stand in the exposition. */
  metric(series: string): Promise<number> {
    return this.service.metric(series);
  }

  async stop(): Promise<number | null> {
    this.speech.close();
    this.models.close();
    return this.service.end('SIGTERM');
  }
}

export interface StreamEnd {
  /** google.rpc.Code */
  readonly status: number;
  readonly details: string;
  /** Parlance's stable code. */
  readonly code: string | undefined;
  readonly metadata: grpc.Metadata;
}

/** One StreamingRecognize call of a test. */
export class SpeechStream {
  readonly events: StreamingRecognizeResponse__Output[] = [];
  readonly ended: Promise<StreamEnd>;

  constructor(readonly call: ReturnType<SpeechClient['streamingRecognize']>) {
    call.on('data', (event: StreamingRecognizeResponse__Output) => this.events.push(event));
    call.on('error', () => undefined);
    this.ended = new Promise((resolve) => call.on('status', (status) => resolve(endOf(status))));
  }

  configure(config: StreamingConfig): this {
    return this.write({ config });
  }

  write(request: StreamingRecognizeRequest): this {
    this.call.write(request);
    return this;
  }

  /** Sends audio in frames, each when the stream has room for it. */
  async send(audio: Buffer, frameBytes = 3200, pauseMs = 0): Promise<this> {
    for (let at = 0; at < audio.length; at += frameBytes) {
      const isTaken = this.call.write({ audio: audio.subarray(at, at + frameBytes) });
      if (!isTaken) await new Promise((resolve) => this.call.once('drain', resolve));
      if (pauseMs > 0) await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
    return this;
  }

  end(): Promise<StreamEnd> {
    this.call.end();
    return this.ended;
  }

  get finals() {
    return this.results.filter((result) => result.isFinal);
  }

  get interims() {
    return this.results.filter((result) => !result.isFinal);
  }

  get endpoints() {
    return this.events.flatMap((event) => (event.endpoint ? [event.endpoint] : []));
  }

  get summary() {
    return this.events.find((event) => event.summary)?.summary ?? undefined;
  }

  /** All finals as one text. */
  get text(): string {
    return this.finals
      .map((result) => result.text)
      .join(' ')
      .trim();
  }

  private get results() {
    return this.events.flatMap((event) => (event.result ? [event.result] : []));
  }
}

/** A unary call's answer, or its fault as the stable code. */
export function ask<Request, Answer>(
  method: (request: Request, callback: (error: ServiceError | null, answer?: Answer) => void) => unknown,
  request: Request,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    method(request, (error, answer) => (error ? reject(endOf(error)) : resolve(answer as Answer)));
  });
}

function endOf({ code, details, metadata }: grpc.StatusObject | ServiceError): StreamEnd {
  return { status: code, details, code: metadata.get('parlance-error-code')[0]?.toString(), metadata };
}
