import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { Agent, request } from 'node:https';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';
import { endProcess } from './end-process.js';
import { freePort } from './free-port.js';
import type { KubeList, KubeObject } from './kube-objects.js';
import { SuspendableProcess } from './suspendable-process.js';

/** kubebox, kubectl, helm (4) and helm3, as `tools/kube/setup.sh` installs them. */
export const KUBE_PROGRAMS = join(process.cwd(), '.cache/bin');
const START_LIMIT_MS = 280_000;
const OUTPUT_LIMIT = 64 * 1024 ** 2;

export interface KubeboxOptions {
  /** Nodes that report every pod scheduled to them as running; 3 where it is not said. */
  readonly nodes?: number;
  /** Labels of every node. */
  readonly labels?: Readonly<Record<string, string>>;
  /** What every node has, such as `{ cpu: '32', memory: '128Gi', pods: '110', 'nvidia.com/gpu': '8' }`. */
  readonly capacity?: Readonly<Record<string, string>>;
  /** More DNS names in `pki/serving.crt`, for webhooks and aggregated APIs that the test serves. */
  readonly servingNames?: readonly string[];
  /** Further flags of kubebox (tools/kube/README.md). */
  readonly flags?: readonly string[];
}

export interface CommandOptions {
  /** What the command reads. */
  readonly input?: string;
  readonly environment?: Readonly<Record<string, string>>;
}

/** What a command printed; `status` is its exit code. */
export interface CommandResult {
  readonly status: number;
  readonly output: string;
  readonly errors: string;
}

/** A Kubernetes control plane of the test's own (tools/kube), its state in a temporary folder. */
export class Kubebox extends SuspendableProcess {
  protected child: ChildProcess | undefined;
  private agent = new Agent();

  private constructor(
    /** Its state: `kubeconfig`, `pki/`, `kubebox.log`. */
    readonly folder: string,
    readonly port: number,
    private readonly flags: readonly string[],
  ) {
    super();
  }

  /** Resolves when controllers, scheduler and nodes work. */
  static async start(options: KubeboxOptions = {}): Promise<Kubebox> {
    for (const program of ['kubebox', 'kubectl', 'helm', 'helm3'])
      if (!existsSync(join(KUBE_PROGRAMS, program)))
        throw new Error(
          `${program} is missing: run \`bash tools/kube/setup.sh\` first (\`make test-k8s\` does)`,
        );
    const pairs = (map: Readonly<Record<string, string>>): string =>
      Object.entries(map)
        .map(([name, value]) => `${name}=${value}`)
        .join(',');
    const folder = await mkdtemp(join(tmpdir(), 'parlance-kubebox-'));
    const box = new Kubebox(folder, await freePort(), [
      ...['--nodes', String(options.nodes ?? 3)],
      ...(options.labels ? ['--node-labels', pairs(options.labels)] : []),
      ...(options.capacity ? ['--node-capacity', pairs(options.capacity)] : []),
      ...(options.servingNames ? ['--serving-names', options.servingNames.join(',')] : []),
      ...(options.flags ?? []),
    ]);
    await box.up();
    return box;
  }

  get kubeconfig(): string {
    return join(this.folder, 'kubeconfig');
  }

  get url(): string {
    return `https://127.0.0.1:${this.port}`;
  }

  /** Environment by which kubectl and helm in a shell find this cluster. */
  get environment(): Record<string, string> {
    return {
      PATH: `${KUBE_PROGRAMS}${delimiter}${process.env.PATH ?? ''}`,
      HOME: this.folder,
      KUBECONFIG: this.kubeconfig,
    };
  }

  /** Text of a file of its public key infrastructure, such as `ca.crt`, `serving.key` or `front-proxy-ca.crt`. */
  pki(name: string): string {
    return readFileSync(join(this.folder, 'pki', name), 'utf8');
  }

  /** Starts it (again), with the state and the port it had. */
  async up(): Promise<void> {
    const child = spawn(
      join(KUBE_PROGRAMS, 'kubebox'),
      ['--dir', this.folder, '--port', String(this.port), ...this.flags],
      { stdio: ['ignore', 'pipe', 'pipe'] },
    );
    this.child = child;
    const printed: string[] = [];
    child.stderr.on('data', (data) => printed.push(String(data)));
    await new Promise<void>((resolve, reject) => {
      const fail = (what: string): void => reject(new Error(`kubebox ${what}:\n${printed.join('\n')}`));
      const timer = setTimeout(() => fail(`was not ready within ${START_LIMIT_MS} ms`), START_LIMIT_MS);
      child.once('exit', (code) => fail(`ended with ${code}`));
      createInterface({ input: child.stdout }).on('line', (line) => {
        printed.push(line);
        if (!/^\s*[\d.]+s ready /.test(line)) return;
        clearTimeout(timer);
        resolve();
      });
    });
    this.agent = new Agent({
      ca: this.pki('ca.crt'),
      cert: this.pki('admin.crt'),
      key: this.pki('admin.key'),
      keepAlive: true,
    });
  }

  /** Ends it and keeps its state. @param signal  SIGKILL: as a machine that fails */
  async down(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    this.agent.destroy();
    if (this.child) await endProcess(this.child, signal);
  }

  async stop(): Promise<void> {
    await this.down();
    await rm(this.folder, { recursive: true, force: true });
  }

  /** @returns what it printed @throws Error with what it wrote to stderr */
  async kubectl(args: readonly string[], options?: CommandOptions): Promise<string> {
    return this.succeed('kubectl', args, options);
  }

  /** @param version  of Helm */
  async helm(args: readonly string[], version: 3 | 4 = 4, options?: CommandOptions): Promise<string> {
    return this.succeed(version === 3 ? 'helm3' : 'helm', args, options);
  }

  /** Runs a program, whatever it ends with. */
  run(program: string, args: readonly string[], options: CommandOptions = {}): Promise<CommandResult> {
    const environment = { ...this.environment, ...options.environment };
    return new Promise((resolve) => {
      const child = execFile(
        program,
        [...args],
        { env: environment, maxBuffer: OUTPUT_LIMIT },
        (error, output, errors) => {
          const status = error === null ? 0 : typeof error.code === 'number' ? error.code : 1;
          resolve({ status, output, errors: errors || (error?.message ?? '') });
        },
      );
      child.stdin?.end(options.input ?? '');
    });
  }

  /** Applies manifests by server-side apply. */
  async apply(manifests: string | readonly object[], namespace = 'default'): Promise<void> {
    const input =
      typeof manifests === 'string'
        ? manifests
        : JSON.stringify({ apiVersion: 'v1', kind: 'List', items: manifests });
    // The server checks; kubectl would fetch the whole OpenAPI document first.
    const args = ['apply', '--server-side', '--validate=ignore', '-n', namespace, '-f', '-'];
    await this.kubectl(args, { input });
  }

  /** Makes a namespace that holds pods to a Pod Security standard. */
  async createNamespace(
    name: string,
    podSecurity: 'privileged' | 'restricted' = 'restricted',
  ): Promise<void> {
    const levels = ['enforce', 'warn'].map((mode) => [`pod-security.kubernetes.io/${mode}`, podSecurity]);
    const labels = Object.fromEntries(levels) as Record<string, string>;
    await this.apply([{ apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } }]);
  }

  /** The object at a path such as `/api/v1/namespaces/default/pods/x`; undefined where there is none. */
  async get<T = KubeObject>(path: string): Promise<T | undefined> {
    const { status, body } = await this.request('GET', path);
    if (status === 404) return undefined;
    if (status !== 200) throw new Error(`GET ${path}: ${status} ${body}`);
    return JSON.parse(body) as T;
  }

  async list<T = KubeObject>(path: string): Promise<T[]> {
    return (await this.get<KubeList<T>>(path))?.items ?? [];
  }

  /** Asks the API server as an administrator. */
  request(
    method: string,
    path: string,
    body?: object,
    contentType = 'application/json',
  ): Promise<{ status: number; body: string }> {
    return new Promise((resolve, reject) => {
      const call = request(
        `${this.url}${path}`,
        { method, agent: this.agent, headers: { 'content-type': contentType } },
        (response) => {
          let text = '';
          response.on('data', (data) => (text += String(data)));
          response.on('end', () => resolve({ status: response.statusCode ?? 0, body: text }));
          response.on('error', reject);
        },
      );
      call.on('error', reject);
      call.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }

  /** Resolves with the object at a path once it satisfies; the error shows the object as it was last. */
  async waitFor<T = KubeObject>(
    path: string,
    satisfies: (object: T) => boolean,
    limitMs = 60_000,
  ): Promise<T> {
    const end = Date.now() + limitMs;
    for (;;) {
      const object = await this.get<T>(path).catch(() => undefined);
      if (object !== undefined && satisfies(object)) return object;
      if (Date.now() > end)
        throw new Error(
          `not within ${limitMs} ms at ${path}: ${satisfies.toString()}; it is ${JSON.stringify(object, null, 1)}`,
        );
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  private async succeed(program: string, args: readonly string[], options?: CommandOptions): Promise<string> {
    const { status, output, errors } = await this.run(program, args, options);
    if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${errors}${output}`);
    return output;
  }
}
