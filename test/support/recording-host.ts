import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A web server at which recordings lie, as clients name them by their address. */
export class RecordingHost {
  private constructor(private readonly server: Server) {}

  static async start(answer: RequestListener): Promise<RecordingHost> {
    const server = createServer(answer).listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new RecordingHost(server);
  }

  /** As `PARLANCE_RECORDING_HOSTS` lists it. */
  get name(): string {
    return `127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  stop(): void {
    this.server.closeAllConnections();
    this.server.close();
  }
}
