import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { endProcess } from './end-process.js';
import { freePort } from './free-port.js';
import { SuspendableProcess } from './suspendable-process.js';

const BINARY = join(process.cwd(), '.cache/bin/nats-server');

export interface NatsServerTls {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

export interface NatsAccount {
  readonly user: string;
  readonly password: string;
}

/** A real nats-server with JetStream on a free port, its store in a folder of its own. */
export class NatsServer extends SuspendableProcess {
  protected child: ChildProcess | undefined;

  private constructor(
    readonly port: number,
    private readonly store: string,
    private readonly tls: NatsServerTls | undefined,
    private readonly account: NatsAccount | undefined,
  ) {
    super();
  }

  /** @param tls  clients must show a certificate of this authority
   *  @param account  the one by which it lets clients in; its address names it */
  static async start(tls?: NatsServerTls, account?: NatsAccount): Promise<NatsServer> {
    if (!existsSync(BINARY)) throw new Error('nats-server is missing: run `make setup` first');
    const store = await mkdtemp(join(tmpdir(), 'parlance-nats-'));
    const server = new NatsServer(await freePort(), store, tls, account);
    await server.up();
    return server;
  }

  get url(): string {
    const { user, password } = this.account ?? {};
    const account = user ? `${user}:${encodeURIComponent(password ?? '')}@` : '';
    return `${this.tls ? 'tls' : 'nats'}://${account}127.0.0.1:${this.port}`;
  }

  /** Starts it on the same port and store, after `down`. */
  async up(): Promise<void> {
    const tls = this.tls
      ? ['--tlsverify', '--tlscert', this.tls.cert, '--tlskey', this.tls.key, '--tlscacert', this.tls.ca]
      : [];
    const account = this.account ? ['--user', this.account.user, '--pass', this.account.password] : [];
    const args = [...account, '-js', '-a', '127.0.0.1', '-p', String(this.port), '-sd', this.store, ...tls];
    this.child = spawn(BINARY, args, { stdio: 'ignore' });
    await untilListening(this.port);
  }

  async down(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    if (this.child) await endProcess(this.child, signal);
  }

  /** With its store, so that there is nothing to write out. */
  async stop(): Promise<void> {
    await this.down('SIGKILL');
    await rm(this.store, { recursive: true, force: true });
  }
}

/** Resolves when something accepts connections on the port. */
export async function untilListening(port: number, limitMs = 15_000): Promise<void> {
  const until = Date.now() + limitMs;
  while (!(await isListening(port))) {
    if (Date.now() > until) throw new Error(`nothing listens on port ${port}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
