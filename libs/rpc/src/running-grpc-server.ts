import type { Server } from '@grpc/grpc-js';
import { atMost } from '@parlance/resilience';

/** The grpc-js server that Nest has started, which Nest itself can only cut or wait for without a limit. */
export class RunningGrpcServer {
  private server: Server | undefined;

  attach(server: Server): void {
    this.server = server;
  }

  /** Takes no new connection, lets open calls end within `limitMs`, then cuts what is left. */
  async close(limitMs: number): Promise<void> {
    const { server } = this;
    if (!server) return;
    const ended = new Promise<void>((resolve) => server.tryShutdown(() => resolve()));
    await atMost(limitMs, ended);
    server.forceShutdown();
  }
}
