import { AppError, isAppError, type ErrorCode } from '@parlance/errors';
import { fetchFromGateway, unexpectedStatus } from '../client/gateway-request.js';
import { ListenClient } from '../client/listen.client.js';
import { wyomingInfo, type GatewayOffer, type WyomingInfo } from './wyoming-info.js';

/** A stream of recognition. */
export type LiveListen = Pick<ListenClient, 'events' | 'sendAudio' | 'finish' | 'close'>;

export interface SpeechRequest {
  readonly text: string;
  /** Empty: the gateway's choice. */
  readonly voice: string;
  readonly language: string;
}

/** Mono s16le. */
export interface SpokenPcm {
  readonly rate: number;
  readonly pcm: AsyncIterable<Uint8Array>;
}

/** What the bridge asks of a gateway. Each throws an AppError with the gateway's own code. */
export interface WyomingGateway {
  info(signal: AbortSignal): Promise<WyomingInfo>;
  /** @param query  of the connection, see libs/contracts' listen query */
  listen(query: Readonly<Record<string, string>>, signal: AbortSignal): Promise<LiveListen>;
  speak(request: SpeechRequest, signal: AbortSignal): Promise<SpokenPcm>;
}

interface Choice {
  readonly url: string;
  readonly apiKey: string | undefined;
  /** Recognises whatever a client asks for; undefined: as the client asks. */
  readonly model: string | undefined;
}

const INFO_LIMIT_MS = 10_000;
/** Longest time of one part of speech, from the request to the last sample that the client has read. */
const SPEECH_LIMIT_MS = 300_000;

/** A Parlance gateway over HTTP and WebSocket. */
export class HttpWyomingGateway implements WyomingGateway {
  constructor(private readonly choice: Choice) {}

  async info(signal: AbortSignal): Promise<WyomingInfo> {
    const bounded = AbortSignal.any([signal, AbortSignal.timeout(INFO_LIMIT_MS)]);
    const [models, voices, status] = await Promise.all([
      this.json<GatewayOffer['models']>('/v1/models', bounded),
      this.json<GatewayOffer['voices']>('/v1/audio/voices', bounded),
      this.json<GatewayOffer['status']>('/status', bounded),
    ]);
    return wyomingInfo({ models, voices, status }, this.choice.model);
  }

  listen(query: Readonly<Record<string, string>>, signal: AbortSignal): Promise<LiveListen> {
    return ListenClient.connect(this.choice.url, this.choice.apiKey, query, signal);
  }

  async speak({ text, voice, language }: SpeechRequest, signal: AbortSignal): Promise<SpokenPcm> {
    const response = await fetchFromGateway(this.choice, '/v1/audio/speech', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        input: text,
        response_format: 'pcm',
        ...(voice ? { voice } : {}),
        ...(language ? { language } : {}),
      }),
      signal: AbortSignal.any([signal, AbortSignal.timeout(SPEECH_LIMIT_MS)]),
    });
    const rate = Number(response.headers.get('x-sample-rate'));
    if (!response.body || !Number.isInteger(rate) || rate < 1) throw unexpectedStatus(response.status);
    return { rate, pcm: untilBroken(response.body) };
  }

  private async json<Answer>(path: string, signal: AbortSignal): Promise<Answer> {
    const response = await fetchFromGateway(this.choice, path, { signal });
    return (await response.json().catch(() => {
      throw unexpectedStatus(response.status);
    })) as Answer;
  }
}

async function* untilBroken(body: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* body;
  } catch (error) {
    throw isAppError(error)
      ? error
      : new AppError('upstream.unavailable', 'The speech broke off.', { cause: error });
  }
}

/** What a client reads of a fault: the text, with when to try again, and the code. */
export function wyomingFault({ message, code, retryable, retryAfterSeconds }: AppError): {
  readonly text: string;
  readonly code: ErrorCode;
} {
  const advice = retryAfterSeconds === undefined ? 'Try again.' : `Try again in ${retryAfterSeconds} s.`;
  return { text: retryable ? `${message} ${advice}` : message, code };
}
