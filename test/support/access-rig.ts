import { PublicSpeechClient } from './public-speech-client.js';
import type { Gateway } from './platform.js';
import { ListenClient } from './listen-client.js';
import { VoiceClient } from './voice-client.js';

/** What a JSON route answered. */
export interface JsonAnswer {
  readonly status: number;
  readonly headers: Headers;
  // The bodies of many routes; a test names the fields that it reads.
  readonly body: Readonly<Record<string, never>> & {
    readonly error?: { readonly code: string; readonly message: string };
    /** On Deepgram's routes. */
    readonly code?: string;
  };
}

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** Calls JSON routes of one gateway as one caller. */
export class AccessClient {
  /** @param token  a key or an access token; without it, nobody calls */
  constructor(
    private readonly gateway: Gateway,
    private readonly token?: string,
    private readonly headers: Readonly<Record<string, string>> = {},
  ) {}

  /** @param body  an object, or text to be sent as it is */
  async send(method: Method, path: string, body?: object | string): Promise<JsonAnswer> {
    const answer = await fetch(`${this.gateway.url}${path}`, {
      method,
      headers: {
        ...this.headers,
        ...(this.token === undefined ? {} : { authorization: `Bearer ${this.token}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await answer.text();
    return {
      status: answer.status,
      headers: answer.headers,
      body: (text === '' ? {} : JSON.parse(text)) as JsonAnswer['body'],
    };
  }
}

/**
 * What each public API says to a key or token: `ok`, or the code that it refuses the caller by. Nothing behind the gateway needs to
 * run: what is refused for that reason is admitted.
 */
export async function answersOfEveryApi(
  gateway: Gateway,
  token: string,
): Promise<Readonly<Record<string, string>>> {
  const [http, socketIo, listen, grpc] = await Promise.all([
    fetch(`${gateway.url}/v1/models`, { headers: { authorization: `Bearer ${token}` } }).then(
      async (answer) =>
        answer.ok ? 'ok' : ((await answer.json()) as { error: { code: string } }).error.code,
    ),
    VoiceClient.refusal(gateway.url, { token }),
    ListenClient.refusal(gateway.url, { encoding: 'linear16' }, token).then(({ error }) => error.code),
    grpcAnswer(gateway.grpcAddress, token),
  ]);
  const admitted = (code: string): string => (/^(auth|learner)\./.test(code) ? code : 'ok');
  return {
    http,
    socketIo: socketIo === 'connected' ? 'ok' : socketIo,
    listen: admitted(listen),
    grpc: admitted(grpc),
  };
}

function grpcAnswer(address: string, token: string): Promise<string> {
  const speech = new PublicSpeechClient(address, token);
  return new Promise((resolve) => {
    speech.client.recognize({}, speech.metadata, (error) => {
      speech.close();
      resolve(String(error?.metadata.get('parlance-error-code')[0] ?? error?.message ?? 'ok'));
    });
  });
}
