import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** A line to a server that a test breaks: connections end in the middle, and none comes about until it is mended. */
export class BreakableLine {
  private readonly sockets = new Set<Socket>();
  private isBroken = false;

  private constructor(
    private readonly server: Server,
    readonly url: string,
  ) {}

  /** @param url  of the server */
  static async to(url: string): Promise<BreakableLine> {
    const { hostname, port } = new URL(url);
    const server = createServer((near) => line.join(near, connect(Number(port), hostname)));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const line = new BreakableLine(server, `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    return line;
  }

  breakOff(): void {
    this.isBroken = true;
    for (const socket of this.sockets) socket.destroy();
  }

  mend(): void {
    this.isBroken = false;
  }

  async close(): Promise<void> {
    this.breakOff();
    this.server.close();
    await once(this.server, 'close');
  }

  private join(near: Socket, far: Socket): void {
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      this.sockets.add(one);
      one.on('error', () => other.destroy());
      one.on('close', () => {
        this.sockets.delete(one);
        other.destroy();
      });
      one.pipe(other);
    }
    if (this.isBroken) near.destroy();
  }
}
