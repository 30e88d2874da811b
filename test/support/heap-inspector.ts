import WebSocket from 'ws';
import { freePort } from './free-port.js';
import { until } from './until.js';

interface Answer {
  readonly id: number;
  readonly result?: object;
  readonly error?: { readonly message: string };
}

const ROUNDS = 4;
const PAUSE_MS = 250;

/** What a Node process holds after a collection of its garbage, asked by the inspector's protocol: unlike resident memory it does not
 *  depend on when V8 collects and on what the allocator keeps. */
export class HeapInspector {
  private socket: WebSocket | undefined;
  private asked = 0;

  private constructor(
    private readonly port: number,
    /** Of the process that is to be inspected. */
    readonly environment: Readonly<Record<string, string>>,
  ) {}

  /** On a free port. */
  static async reserve(): Promise<HeapInspector> {
    const port = await freePort();
    return new HeapInspector(port, { NODE_OPTIONS: `--inspect=127.0.0.1:${port}` });
  }

  /** Bytes of the objects that are reachable, their array buffers included: the least of some measures, since what is about to end
   *  still holds something. */
  async heldBytes(): Promise<number> {
    let least = Infinity;
    for (let round = 0; round < ROUNDS; round += 1) {
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      await this.ask('HeapProfiler.collectGarbage');
      const { usedSize, backingStorageSize } = (await this.ask('Runtime.getHeapUsage')) as {
        readonly usedSize: number;
        readonly backingStorageSize: number;
      };
      least = Math.min(least, usedSize + backingStorageSize);
    }
    return least;
  }

  /** Has the process run a piece of JavaScript. @throws Error where it does not compile */
  async evaluate(expression: string): Promise<void> {
    await this.ask('Runtime.evaluate', { expression });
  }

  /** A process with a debugger does not end. */
  close(): void {
    this.socket?.close();
  }

  private async ask(method: string, params: object = {}): Promise<object> {
    const socket = (this.socket ??= await this.connect());
    const id = (this.asked += 1);
    return new Promise((resolve, reject) => {
      const receive = (data: Buffer): void => {
        const answer = JSON.parse(data.toString()) as Answer;
        if (answer.id !== id) return;
        socket.off('message', receive);
        if (answer.result) resolve(answer.result);
        else reject(new Error(`${method}: ${answer.error?.message}`));
      };
      socket.on('message', receive);
      socket.send(JSON.stringify({ id, method, params }));
    });
  }

  private async connect(): Promise<WebSocket> {
    const targets = (await (await fetch(`http://127.0.0.1:${this.port}/json/list`)).json()) as readonly {
      readonly webSocketDebuggerUrl: string;
    }[];
    const socket = new WebSocket(targets[0]!.webSocketDebuggerUrl);
    await until(() => socket.readyState === WebSocket.OPEN);
    return socket;
  }
}
