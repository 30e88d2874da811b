import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { StartError } from '@parlance/config';
import { AppError } from '@parlance/errors';
import {
  WyomingConnection,
  type WyomingConnectionLimits,
  type WyomingConnectionOptions,
} from './wyoming-connection.js';
import { WYOMING_FRAME_LIMITS } from './wyoming-reader.js';

export interface WyomingServerLimits extends WyomingConnectionLimits {
  readonly connections: number;
}

export const WYOMING_LIMITS: WyomingServerLimits = {
  frame: WYOMING_FRAME_LIMITS,
  connections: 32,
  audioMs: 600_000,
  answerMs: 60_000,
  idleMs: 120_000,
  lingerMs: 2_000,
};

export interface WyomingServerOptions extends WyomingConnectionOptions {
  readonly host: string;
  /** 0: any that is free. */
  readonly port: number;
  readonly limits: WyomingServerLimits;
}

/** A TCP server that speaks the Wyoming protocol. */
export class WyomingServer {
  private readonly sockets = new Set<Socket>();
  private readonly server: Server;

  private constructor(private readonly options: WyomingServerOptions) {
    // A client may end its side and read on.
    this.server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => this.serve(socket));
  }

  /** Resolves when clients can connect. @throws StartError where the address is not to be had */
  static async start(options: WyomingServerOptions): Promise<WyomingServer> {
    const { host, port } = options;
    const started = new WyomingServer(options);
    started.server.listen(port, host);
    try {
      await once(started.server, 'listening');
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      throw new StartError(
        `${host}:${port} cannot be listened on (${code}): choose another --port or --host.`,
      );
    }
    return started;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** Ends every connection. Resolves when none is left. */
  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.server.close(resolve));
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }

  private serve(socket: Socket): void {
    const connection = new WyomingConnection(socket, this.options);
    this.sockets.add(socket);
    socket.once('close', () => this.sockets.delete(socket));
    const { connections } = this.options.limits;
    if (this.sockets.size > connections) {
      connection.fail(
        new AppError('inference.overloaded', `${connections} connections are open, no more can be.`),
      );
      socket.resume();
      return;
    }
    void connection.serve();
  }
}
