import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { join } from 'node:path';

/** A Kubernetes object as far as it is read here. */
export interface KubeObject {
  readonly metadata: { readonly name: string; readonly deletionTimestamp?: string };
  readonly spec?: Readonly<Record<string, unknown>>;
  readonly status?: Readonly<Record<string, unknown>>;
}

/** Asks the API server of a kubebox, as its administrator. */
export class KubeClient {
  private readonly server: string;
  private readonly agent: Agent;

  /** @param folder  kubebox's state, `--dir` */
  constructor(private readonly folder: string) {
    const [, server] = /server: (\S+)/.exec(readFileSync(join(folder, 'kubeconfig'), 'utf8')) ?? [];
    if (!server) throw new Error(`${folder}/kubeconfig names no server`);
    this.server = server;
    this.agent = new Agent({
      ca: this.pem('ca.crt'),
      cert: this.pem('admin.crt'),
      key: this.pem('admin.key'),
      keepAlive: true,
    });
  }

  pem(name: string): Buffer {
    return readFileSync(join(this.folder, 'pki', name));
  }

  get<T>(path: string): Promise<T> {
    return this.send('GET', path) as Promise<T>;
  }

  /** Creates or changes an object, whoever owned it before. */
  async apply(path: string, object: object): Promise<void> {
    await this.send('PATCH', `${path}?fieldManager=scale-sim&force=true`, object);
  }

  private send(method: string, path: string, body?: object): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const headers = body ? { 'content-type': 'application/apply-patch+yaml' } : {};
      const call = request(this.server + path, { method, agent: this.agent, headers }, (response) => {
        let text = '';
        response.on('data', (data) => (text += String(data)));
        response.on('end', () => {
          if ((response.statusCode ?? 500) < 300) resolve(JSON.parse(text));
          else reject(new Error(`${method} ${path}: ${response.statusCode} ${text}`));
        });
      });
      call.on('error', reject);
      call.end(body && JSON.stringify(body));
    });
  }
}
