import { readFileSync } from 'node:fs';
import { Agent, request, type RequestOptions } from 'node:https';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** Where the API server is, and the folder of the pod's service account: `token`, `ca.crt`. */
export interface KubernetesAccess {
  readonly url: string;
  readonly serviceAccountFolder: string;
}

export class KubernetesFault extends Error {
  override readonly name = 'KubernetesFault';
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

export interface WatchEvent<T> {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  readonly object: T;
}

const ANSWER_LIMIT_MS = 10_000;
const KEEP_ALIVE_MS = 10_000;

/** Reads from the API server as the pod's service account. Token and authority are read anew for each request: both are replaced while
 *  the pod runs. */
export class KubernetesApi {
  private readonly agent = new Agent({ keepAlive: true, keepAliveMsecs: KEEP_ALIVE_MS });

  constructor(private readonly access: KubernetesAccess) {}

  /** @throws KubernetesFault where it refuses, Error where it cannot be reached */
  async get<T>(path: string, signal: AbortSignal): Promise<T> {
    const response = await this.open(path, signal);
    return JSON.parse(await textOf(response)) as T;
  }

  /** Events until the server or `signal` ends them.
   *  @param idleLimitMs  without an event, a bookmark or the end for so long the connection counts as dead
   *  @throws as `get` */
  async *watch<T>(path: string, signal: AbortSignal, idleLimitMs: number): AsyncGenerator<WatchEvent<T>> {
    const response = await this.open(path, signal);
    response.setTimeout(idleLimitMs, () => response.destroy(new Error('the watch has gone silent')));
    for await (const line of createInterface({ input: response, crlfDelay: Infinity }))
      if (line !== '') yield JSON.parse(line) as WatchEvent<T>;
    if (response.errored && !signal.aborted) throw response.errored;
  }

  close(): void {
    this.agent.destroy();
  }

  private async open(path: string, signal: AbortSignal): Promise<IncomingMessage> {
    const { url, serviceAccountFolder } = this.access;
    const token = readFileSync(join(serviceAccountFolder, 'token'), 'utf8').trim();
    const ca = readFileSync(join(serviceAccountFolder, 'ca.crt'));
    const headers = { authorization: `Bearer ${token}` };
    const response = await send(new URL(path, url), { agent: this.agent, ca, headers, signal });
    const status = response.statusCode ?? 0;
    if (status !== 200)
      throw new KubernetesFault(status, `the API server answered ${status}: ${await textOf(response)}`);
    return response;
  }
}

function send(url: URL, options: RequestOptions): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const call = request(url, options);
    const timer = setTimeout(
      () => call.destroy(new Error(`the API server did not answer within ${ANSWER_LIMIT_MS} ms`)),
      ANSWER_LIMIT_MS,
    );
    call.on('response', (response) => {
      clearTimeout(timer);
      resolve(response);
    });
    call.on('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    call.end();
  });
}

async function textOf(response: IncomingMessage): Promise<string> {
  const parts = (await response.toArray()) as Buffer[];
  return Buffer.concat(parts).toString();
}
