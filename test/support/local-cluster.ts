import { spawn, type ChildProcess } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { configMapFiles, environmentOf, imageCommand } from './container-environment.js';
import { endProcess } from './end-process.js';
import type { Container, Pod } from './kube-objects.js';
import { KUBE_PROGRAMS, type Kubebox } from './kubebox.js';
import { MODEL_ENVIRONMENT, MODEL_FOLDERS } from './models.js';
import { until } from './until.js';

/** For a process to compile nothing and load its models. */
const START_LIMIT_MS = 120_000;
const NODE = resolve('node_modules/.bin/node');

/** What a process came to. */
export interface ProcessEnd {
  readonly status: number | null;
  readonly output: string;
}

/**
 * Runs containers of pods that are in the cluster as processes of this machine, with their commands, variables, files and probes. The
 * network of the cluster is the loopback's: each pod has an address of its own in 127.0.0.0/8, so that all ports are as the pods have
 * them, and names of Services are replaced by those addresses, as are paths of volumes by folders.
 */
export class LocalCluster {
  private readonly folder = mkdtempSync(join(tmpdir(), 'parlance-pods-'));
  private readonly network = `127.${randomInt(1, 255)}.${randomInt(0, 255)}`;
  private readonly running: { child: ChildProcess; output: string[] }[] = [];
  /** Texts of variables, arguments and files, and what stands for them here. */
  private readonly replacements: [string, string][] = [];
  private pods = 0;

  /** @param replace  what this machine has in place of something of the cluster's */
  constructor(
    private readonly box: Kubebox,
    private readonly namespace: string,
    replace: Readonly<Record<string, string>> = {},
  ) {
    this.replacements.push(...Object.entries(replace), ['/models/', `${this.modelVolume()}/`]);
  }

  /** The first pod of a component. */
  async pod(component: string): Promise<Pod> {
    const query = `labelSelector=app.kubernetes.io/component=${component}`;
    const [pod] = await this.box.list<Pod>(`/api/v1/namespaces/${this.namespace}/pods?${query}`);
    if (!pod) throw new Error(`no pod of ${component}`);
    return pod;
  }

  /** Says which address a Service's name stands for; before any container that calls it is started. */
  addressOf(service: string): string {
    const known = this.replacements.find(([text]) => text === `${service}:`);
    if (known) return known[1].slice(0, -1);
    const address = `${this.network}.${(this.pods += 1)}`;
    for (const name of [`${service}.${this.namespace}.svc:`, `${service}:`])
      this.replacements.push([name, `${address}:`]);
    return address;
  }

  /** Starts a pod's container and waits until its readiness probe succeeds. @returns what ends it with SIGTERM */
  async start(pod: Pod, container: Container, address: string): Promise<() => Promise<ProcessEnd>> {
    const running = await this.spawn(pod, container, address);
    const probe = container.readinessProbe as { httpGet: { path: string; port: string } };
    const port = container.ports!.find(({ name }) => name === probe.httpGet.port)!.containerPort;
    await until(async () => {
      if (running.child.exitCode !== null)
        throw new Error(`${container.name} ended: ${running.output.join('')}`);
      return fetch(`http://${address}:${port}${probe.httpGet.path}`).then(
        ({ ok }) => ok,
        () => false,
      );
    }, START_LIMIT_MS).catch((error: unknown) => {
      throw new Error(`${container.name} was not ready: ${running.output.join('')}`, { cause: error });
    });
    return async () => {
      await endProcess(running.child, 'SIGTERM');
      return { status: running.child.exitCode, output: running.output.join('') };
    };
  }

  /** Runs a container to its end. */
  async run(pod: Pod, container: Container): Promise<ProcessEnd> {
    const { child, output } = await this.spawn(pod, container, `${this.network}.${(this.pods += 1)}`);
    const status = await new Promise<number | null>((done) => child.once('close', done));
    return { status, output: output.join('') };
  }

  async stop(): Promise<void> {
    await Promise.all(this.running.map(({ child }) => endProcess(child, 'SIGKILL')));
    rmSync(this.folder, { recursive: true, force: true });
  }

  private async spawn(pod: Pod, container: Container, address: string) {
    const files = await this.mountConfigMaps(pod, container, address);
    const local = (text: string): string => this.localised(text, [...files, ['0.0.0.0', address]]);
    const environment = await environmentOf(this.box, pod, container);
    const [program, ...args] = this.commandOf(container).map(local);
    const child = spawn(program!, args, {
      env: {
        PATH: process.env.PATH,
        ...Object.fromEntries(Object.entries(environment).map(([name, value]) => [name, local(value)])),
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const output: string[] = [];
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => output.push(String(data)));
    const running = { child, output };
    this.running.push(running);
    return running;
  }

  private commandOf({ image, command, args }: Container): string[] {
    if (command) return [command[0] === 'node' ? NODE : command[0]!, ...command.slice(1), ...(args ?? [])];
    if (/(^|\/)nats[:@]/.test(image)) return [join(KUBE_PROGRAMS, 'nats-server'), ...(args ?? [])];
    return [NODE, ...(args ?? imageCommand(image))];
  }

  /** @returns the paths within the container, with the folders that stand for them */
  private async mountConfigMaps(
    pod: Pod,
    container: Container,
    address: string,
  ): Promise<[string, string][]> {
    const volumes = pod.spec.volumes as { name: string; configMap?: { name: string }; emptyDir?: object }[];
    const mounts: [string, string][] = [];
    for (const { name, mountPath } of container.volumeMounts ?? []) {
      const volume = volumes.find((each) => each.name === name);
      if (name === 'models' || !volume || mountPath === '/tmp') continue;
      const folder = join(this.folder, `${pod.metadata.name}-${name}`);
      mkdirSync(folder, { recursive: true });
      mounts.push([mountPath, folder]);
      if (!volume.configMap) continue;
      for (const [file, bytes] of await configMapFiles(this.box, this.namespace, volume.configMap.name)) {
        const isText = !file.endsWith('.opus');
        const data = join(this.folder, `${pod.metadata.name}-data`);
        mkdirSync(data, { recursive: true });
        const text = isText
          ? this.localised(bytes.toString(), [
              ['0.0.0.0', address],
              ['store_dir: /data', `store_dir: ${data}`],
            ])
          : '';
        writeFileSync(join(folder, file), isText ? text : bytes);
      }
    }
    return mounts;
  }

  private localised(text: string, more: readonly [string, string][]): string {
    return [...this.replacements, ...more].reduce((all, [from, to]) => all.replaceAll(from, to), text);
  }

  /** A folder with the models of this machine, as the volume has them. */
  private modelVolume(): string {
    const checkpoints = join(this.folder, 'models/checkpoints');
    mkdirSync(checkpoints, { recursive: true });
    symlinkSync(resolve(MODEL_ENVIRONMENT.PARLANCE_MODEL_CACHE), join(this.folder, 'models/compiled'));
    const linked = new Set<string>();
    for (const folder of MODEL_FOLDERS)
      for (const name of readdirSync(folder)) {
        if (linked.has(name)) continue;
        linked.add(name);
        symlinkSync(resolve(folder, name), join(checkpoints, name));
      }
    return join(this.folder, 'models');
  }
}
