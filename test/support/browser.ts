import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { createInterface } from 'node:readline';
import WebSocket from 'ws';

/** Debian's packages first: `make test` installs chromium-headless-shell where it may. */
const PROGRAMS = ['chromium-headless-shell', 'chromium', 'chromium-browser', 'google-chrome'] as const;
const TYPES: Readonly<Record<string, string>> = { '.html': 'text/html', '.js': 'text/javascript' };

/** The name of a Chromium on this machine. */
export function chromiumProgram(): string | undefined {
  return PROGRAMS.find((program) => spawnSync(program, ['--version'], { stdio: 'ignore' }).status === 0);
}

/** An answer or an event of the DevTools protocol. */
interface DevToolsMessage {
  readonly id?: number;
  readonly method?: string;
  readonly params?: { readonly exceptionDetails?: unknown };
  readonly result?: { readonly result?: { readonly value?: unknown }; readonly exceptionDetails?: unknown };
}

/** A page in a Chromium of its own, without a window, whose microphone plays a WAV file once from when it is opened. It is driven
 *  over the DevTools protocol. */
export class BrowserPage {
  /** Exceptions that nothing on the page caught. */
  readonly faults: unknown[] = [];
  private readonly answers = new Map<number, (message: DevToolsMessage) => void>();
  /** Scripts of the page have run by then. */
  private readonly loaded: Promise<void>;
  private asked = 0;

  private constructor(
    private readonly program: ChildProcess,
    private readonly profile: string,
    private readonly files: Server,
    private readonly devTools: WebSocket,
  ) {
    const { promise, resolve: onLoad } = Promise.withResolvers<void>();
    this.loaded = promise;
    devTools.on('message', (data: Buffer) => {
      const message = JSON.parse(data.toString()) as DevToolsMessage;
      if (message.id !== undefined) this.answers.get(message.id)?.(message);
      if (message.method === 'Page.loadEventFired') onLoad();
      if (message.method === 'Runtime.exceptionThrown') this.faults.push(message.params?.exceptionDetails);
    });
  }

  /** @param files  by their paths on the page's server; `/` is the page itself
   *  @param microphone  a WAV file */
  static async open(
    program: string,
    files: Readonly<Record<string, string>>,
    microphone: string,
  ): Promise<BrowserPage> {
    const server = await serve(files);
    const profile = await mkdtemp(join(tmpdir(), 'parlance-browser-'));
    const child = spawn(
      program,
      [
        '--headless',
        // It opens this one page of ours only, and root may not use the sandbox.
        '--no-sandbox',
        '--disable-gpu',
        `--user-data-dir=${profile}`,
        '--remote-debugging-port=0',
        '--use-fake-device-for-media-stream',
        '--use-fake-ui-for-media-stream',
        `--use-file-for-fake-audio-capture=${microphone}%noloop`,
        '--autoplay-policy=no-user-gesture-required',
      ],
      { stdio: ['ignore', 'ignore', 'pipe'], detached: true },
    );
    try {
      const devTools = await openDevTools(await debuggingAddress(child));
      const page = new BrowserPage(child, profile, server, devTools);
      for (const domain of ['Runtime', 'Page']) await page.send(`${domain}.enable`);
      const { port } = server.address() as AddressInfo;
      await Promise.all([page.loaded, page.send('Page.navigate', { url: `http://127.0.0.1:${port}/` })]);
      return page;
    } catch (error) {
      await endGroup(child);
      server.close();
      throw error;
    }
  }

  /** The value of an expression on the page, awaited where it is a promise. @throws Error what the page throws */
  async run<Value = unknown>(expression: string): Promise<Value> {
    const { result } = await this.send('Runtime.evaluate', {
      expression,
      awaitPromise: true,
      returnByValue: true,
    });
    if (result?.exceptionDetails) throw new Error(JSON.stringify(result.exceptionDetails));
    return result?.result?.value as Value;
  }

  async close(): Promise<void> {
    this.devTools.close();
    await endGroup(this.program);
    this.files.closeAllConnections();
    this.files.close();
    await rm(this.profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }

  private send(method: string, params: object = {}): Promise<DevToolsMessage> {
    const id = ++this.asked;
    return new Promise((resolve) => {
      this.answers.set(id, resolve);
      this.devTools.send(JSON.stringify({ id, method, params }));
    });
  }
}

async function serve(files: Readonly<Record<string, string>>): Promise<Server> {
  const server = createServer((request, response) => {
    const file = files[request.url ?? ''];
    if (file === undefined) return void response.writeHead(404).end();
    response.writeHead(200, { 'content-type': TYPES[extname(file)] ?? 'application/octet-stream' });
    response.end(readFileSync(file));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

/** Ends the program and the browser: Debian's program is a script that starts it. */
async function endGroup(program: ChildProcess): Promise<void> {
  const gone = once(program, 'exit');
  process.kill(-program.pid!, 'SIGKILL');
  await gone;
}

/** A connection to a page without content. */
async function openDevTools(address: string): Promise<WebSocket> {
  const opened = await fetch(`http://${address}/json/new?about:blank`, { method: 'PUT' });
  const { webSocketDebuggerUrl } = (await opened.json()) as { webSocketDebuggerUrl: string };
  const devTools = new WebSocket(webSocketDebuggerUrl);
  await once(devTools, 'open');
  return devTools;
}

/** Host and port that Chromium says it is debugged at. */
async function debuggingAddress(program: ChildProcess): Promise<string> {
  for await (const line of createInterface({ input: program.stderr! })) {
    const [, address] = /DevTools listening on ws:\/\/([^/]+)\//.exec(line) ?? [];
    if (address === undefined) continue;
    // It goes on writing.
    program.stderr!.resume();
    return address;
  }
  throw new Error('Chromium ended before it listened');
}
