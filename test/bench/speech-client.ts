import * as grpc from '@grpc/grpc-js';
import type { RecognitionConfig, SpeechClient } from '@parlance/contracts';
import { loadProtocols } from '@parlance/rpc';

const FORMAT = { encoding: 'AUDIO_ENCODING_PCM_S16LE', sampleRateHz: 16_000, channels: 1 } as const;

/** A client of the inference service's own gRPC API, as the gateway is one. */
export class InferenceClient {
  private readonly client: SpeechClient;

  constructor(address: string) {
    const { parlance } = grpc.loadPackageDefinition(loadProtocols(['voice'])) as unknown as {
      parlance: {
        voice: { v1: { Speech: new (address: string, credentials: grpc.ChannelCredentials) => grpc.Client } };
      };
    };
    this.client = new parlance.voice.v1.Speech(address, grpc.credentials.createInsecure()) as SpeechClient;
  }

  /** @param audio  16 kHz mono 16-bit samples */
  recognise(audio: Buffer, config: RecognitionConfig = {}): Promise<string> {
    return new Promise((resolve, reject) => {
      const request = { config: { audio: FORMAT, language: 'en', ...config }, audio };
      this.client.recognize(request, (error, answer) =>
        error ? reject(error) : resolve(answer?.text ?? ''),
      );
    });
  }

  /** A live stream, its audio sent at once. */
  stream(audio: Buffer): Promise<string> {
    const call = this.client.streamingRecognize();
    const finals: string[] = [];
    call.write({
      config: {
        recognition: { audio: FORMAT, language: 'en' },
        mode: 'STREAMING_MODE_LIVE',
        interimResults: true,
      },
    });
    call.write({ audio });
    call.end();
    return new Promise((resolve, reject) => {
      call.on('data', ({ result }: { result?: { isFinal: boolean; text: string } | null }) => {
        if (result?.isFinal) finals.push(result.text);
      });
      call.on('error', reject);
      call.on('end', () => resolve(finals.join(' ')));
    });
  }

  close(): void {
    this.client.close();
  }
}
