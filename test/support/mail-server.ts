import { once } from 'node:events';
import type { Socket } from 'node:net';
import { simpleParser, type ParsedMail } from 'mailparser';
import { SMTPServer, type SMTPServerDataStream } from 'smtp-server';
import { until } from './until.js';

/** What the server does with mails that come now: 4xx and 5xx refuse one, `hang` says nothing, `drop` cuts the connection. */
export type MailBehaviour = 'accept' | 451 | 550 | 'hang' | 'drop';

interface MailServerOptions {
  readonly login?: { readonly user: string; readonly password: string };
  readonly tls?: { readonly cert?: Buffer; readonly key?: Buffer };
}

/** A real SMTP server on a free port, which fails on command. */
export class TestMailServer {
  behaviour: MailBehaviour = 'accept';
  readonly mails: ParsedMail[] = [];
  /** How often a mail was begun to be handed over. */
  attempts = 0;
  private readonly sockets = new Set<Socket>();

  private constructor(
    private readonly server: SMTPServer,
    readonly port: number,
  ) {}

  /** @param options.login  that it insists on; without it, it asks for none
   *  @param options.tls  what STARTTLS is done with; `{}`: a certificate that nobody trusts. Without it, it speaks no TLS. */
  static async start(options: MailServerOptions = {}): Promise<TestMailServer> {
    const { login, tls } = options;
    const running: { self?: TestMailServer } = {};
    const server = new SMTPServer({
      ...tls,
      disabledCommands: [...(tls ? [] : ['STARTTLS']), ...(login ? [] : ['AUTH'])],
      allowInsecureAuth: true,
      authOptional: login === undefined,
      logger: false,
      closeTimeout: 100,
      onAuth: ({ username, password }, _, answer) =>
        username === login?.user && password === login?.password
          ? answer(null, { user: username })
          : answer(Object.assign(new Error('wrong'), { responseCode: 535 })),
      onRcptTo: (_, __, answer) => running.self!.receive(answer),
      onData: (stream, _, answer) => void running.self!.read(stream, answer),
    });
    server.on('error', () => undefined);
    server.listen(0, '127.0.0.1');
    await once(server.server, 'listening');
    running.self = new TestMailServer(server, (server.server.address() as { port: number }).port);
    server.server.on('connection', (socket: Socket) => {
      running.self!.sockets.add(socket);
      socket.once('close', () => running.self!.sockets.delete(socket));
    });
    return running.self;
  }

  /** The first mail to an address that a test looks for, once it is there. */
  mailTo(address: string, subject: RegExp = /./, limitMs = 10_000): Promise<ParsedMail> {
    return until(() => this.mailsTo(address).find((mail) => subject.test(mail.subject ?? '')), limitMs);
  }

  mailsTo(address: string): ParsedMail[] {
    return this.mails.filter(({ to }) => [to].flat().some((list) => list?.text === address));
  }

  /** The code in the link of a mail. */
  static codeOf({ text }: ParsedMail): string {
    const code = /#token=([\w-]{43})\b/.exec(text ?? '')?.[1];
    if (code === undefined) throw new Error('the mail has no code');
    return code;
  }

  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise<void>((resolve) => this.server.close(() => resolve()));
  }

  private receive(answer: (error?: Error | null) => void): void {
    this.attempts += 1;
    const { behaviour } = this;
    if (behaviour === 'hang') return;
    if (behaviour === 'drop') for (const socket of this.sockets) socket.destroy();
    else if (behaviour === 'accept') answer();
    else answer(Object.assign(new Error('not this one'), { responseCode: behaviour }));
  }

  private async read(stream: SMTPServerDataStream, answer: (error?: Error | null) => void): Promise<void> {
    this.mails.push(await simpleParser(stream));
    answer();
  }
}
