import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** What curl printed of an answer. */
export interface CurlAnswer<Body> {
  readonly status: number;
  readonly contentType: string;
  /** Of JSON what it says; other answers as they came. */
  readonly body: Body;
}

const MOST_OUTPUT = 64 * 2 ** 20;
/** A call that takes longer has failed; what is streamed is read for as long as the call says by --max-time. */
const LIMIT_SECONDS = 60;

/** Calls as somebody at a terminal writes them. */
export class Curl {
  private readonly values: Record<string, string> = {};

  /** @param url  of the gateway, `$URL` of the calls  @param key  `$KEY`, which each call is authorised by */
  constructor(
    private readonly url: string,
    private readonly key: string,
  ) {}

  /** Names a value for the calls that follow: `$NAME`. */
  set(name: string, value: string): void {
    this.values[name] = value;
  }

  /**
   * Runs `curl` by a shell. @param call  its arguments as they stand, the path first
   * @returns what was answered, whatever its status
   */
  async run<Body = Record<string, unknown>>(call: string): Promise<CurlAnswer<Body>> {
    const command = `curl -sS -m ${LIMIT_SECONDS} -w '\\n%{http_code} %{content_type}' -H "authorization: Bearer $KEY" "$URL"${call}`;
    const environment = { ...process.env, ...this.values, URL: this.url, KEY: this.key };
    const { stdout } = await promisify(execFile)('sh', ['-c', command], {
      env: environment,
      maxBuffer: MOST_OUTPUT,
    }).catch((error: unknown) => {
      // Where curl stops reading by itself it has printed what it read.
      const { stdout: read = '' } = error as { readonly stdout?: string };
      if (!call.includes('--max-time')) throw error;
      return { stdout: read };
    });
    const at = stdout.lastIndexOf('\n');
    const [status = '', contentType = ''] = stdout.slice(at + 1).split(' ');
    const text = stdout.slice(0, at);
    const body: unknown = contentType.startsWith('application/json') ? JSON.parse(text) : text;
    return { status: Number(status), contentType, body: body as Body };
  }

  /** As `run`, of a call that is to succeed. @returns what was answered @throws Error with the answer where its status is another one */
  async done<Body>(status: number, call: string): Promise<Body> {
    const { status: answered, body } = await this.run<Body>(call);
    if (answered !== status) throw new Error(`${call}: answered ${answered}: ${JSON.stringify(body)}`);
    return body;
  }
}
