import {
  loadPackageDefinition,
  Server,
  ServerCredentials,
  type sendUnaryData,
  type ServerUnaryCall,
} from '@grpc/grpc-js';
import { loadProtocols, serviceClient } from '@parlance/rpc';

interface RecognizeCall {
  readonly config?: { readonly model?: string; readonly language?: string };
  readonly audio?: Buffer;
}

/** The gRPC API of an inference pod that recognizes the same in every recording. */
export class SpeechServer {
  readonly calls: RecognizeCall[] = [];
  text = '';

  private constructor(
    private readonly server: Server,
    readonly port: number,
  ) {}

  static async start(port: number): Promise<SpeechServer> {
    const server = new Server();
    const speech = new SpeechServer(server, port);
    const { service } = serviceClient(loadPackageDefinition(loadProtocols(['voice'])), 'voice');
    server.addService(service, {
      Recognize: (call: ServerUnaryCall<RecognizeCall, object>, answer: sendUnaryData<object>) => {
        speech.calls.push(call.request);
        answer(null, { text: speech.text });
      },
    });
    await new Promise<void>((resolve, reject) =>
      server.bindAsync(`127.0.0.1:${port}`, ServerCredentials.createInsecure(), (error) =>
        error ? reject(error) : resolve(),
      ),
    );
    return speech;
  }

  stop(): void {
    this.server.forceShutdown();
  }
}
