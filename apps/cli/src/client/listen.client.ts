import { on } from 'node:events';
import type { IncomingMessage } from 'node:http';
import WebSocket from 'ws';
import { listenEventSchema, type ListenEvent } from '@parlance/contracts';
import { AppError, isErrorCode } from '@parlance/errors';
import { faultFromBody, unexpectedStatus, unreachable } from './gateway-request.js';

const NORMAL_CLOSE = 1000;
/** The gateway opens the socket once recognition has room and the model is loaded, which it waits half a minute for. */
const CONNECT_LIMIT_MS = 40_000;
/** Bytes waiting in the socket beyond which no more audio is written to it. */
const MAX_WAITING_BYTES = 256 * 1024;

/** The gateway's WebSocket `/v1/listen`. */
export class ListenClient {
  private constructor(
    private readonly socket: WebSocket,
    private readonly frames: AsyncIterable<unknown[]>,
  ) {}

  /** @param query  parameters of the connection, see libs/contracts' listen protocol
   *  @param signal  ends the connection, also one that is not open yet
   *  @throws AppError as the gateway refuses, upstream.unavailable */
  static async connect(
    url: string,
    apiKey: string | undefined,
    query: Readonly<Record<string, string>>,
    signal?: AbortSignal,
  ): Promise<ListenClient> {
    const address = `${url.replace(/^http/, 'ws')}/v1/listen?${new URLSearchParams(query).toString()}`;
    const socket = new WebSocket(address, {
      headers: apiKey ? { authorization: `Bearer ${apiKey}` } : {},
      handshakeTimeout: CONNECT_LIMIT_MS,
    });
    const end = (): void => socket.terminate();
    signal?.addEventListener('abort', end, { once: true });
    socket.once('close', () => signal?.removeEventListener('abort', end));
    // Frames are kept from the first moment on, not from when somebody looks.
    const frames = on(socket, 'message', { close: ['close'] }) as AsyncIterable<unknown[]>;
    await new Promise<void>((resolve, reject) => {
      socket.once('open', resolve);
      socket.once('unexpected-response', (_, response: IncomingMessage) => {
        refusalOf(response)
          .then(reject, reject)
          .finally(() => socket.terminate());
      });
      socket.on('error', (error) => reject(unreachable(url, error)));
    });
    return new ListenClient(socket, frames);
  }

  /** Events until the gateway closes. @throws AppError for an Error event, or where the connection broke off */
  async *events(): AsyncGenerator<ListenEvent> {
    const closed = new Promise<number>((resolve) => this.socket.once('close', resolve));
    for await (const [data, isBinary] of this.frames) {
      if (isBinary) continue;
      const event = listenEventSchema.parse(JSON.parse(String(data)));
      if (event.type === 'Error') throw faultOf(event.error);
      yield event;
    }
    if ((await closed) !== NORMAL_CLOSE)
      throw new AppError('inference.interrupted', 'The connection broke off.');
  }

  /** Resolves when there is room for more. */
  async sendAudio(pcm: Uint8Array): Promise<void> {
    if (this.socket.readyState !== WebSocket.OPEN) return;
    const sent = new Promise<void>((resolve) => this.socket.send(pcm, () => resolve()));
    if (this.socket.bufferedAmount > MAX_WAITING_BYTES) await sent;
  }

  /** Says that no more audio comes: the last finals and the answers still do. */
  finish(): void {
    if (this.socket.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify({ type: 'CloseStream' }));
  }

  close(): void {
    this.socket.terminate();
  }
}

/** Why the gateway did not open the socket. */
async function refusalOf(response: IncomingMessage): Promise<AppError> {
  const text = Buffer.concat((await response.toArray()) as Buffer[]).toString();
  return faultFromBody(text) ?? unexpectedStatus(response.statusCode);
}

function faultOf({ code, message }: { readonly code: string; readonly message: string }): AppError {
  return new AppError(isErrorCode(code) ? code : 'internal.unexpected', message);
}
