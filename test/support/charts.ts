import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseAllDocuments, stringify } from 'yaml';
import { KUBE_PROGRAMS } from './kubebox.js';
import type { Container, EnvironmentVariable, KubeObject, PodTemplate, Workload } from './kube-objects.js';

export type HelmVersion = 3 | 4;
export const HELM_VERSIONS = [3, 4] as const;
export const CHART = 'charts/parlance';
export const SERVICES = ['conversation', 'gateway', 'inference', 'tts'] as const;

export interface RenderOptions {
  readonly helm?: HelmVersion;
  readonly release?: string;
  readonly namespace?: string;
  readonly chart?: string;
  /** Overlays, such as `helm/kind.yaml`. */
  readonly files?: readonly string[];
}

/** The objects that `helm template` renders. @throws Error with what Helm wrote */
export async function renderChart(values: object = {}, options: RenderOptions = {}): Promise<Manifests> {
  return new Manifests(await renderText(values, options));
}

/** What `helm template` prints. */
export function renderText(values: object = {}, options: RenderOptions = {}): Promise<string> {
  const { helm = 4, release = 'voice', namespace = 'speech', chart = CHART, files = [] } = options;
  const args = [
    'template',
    release,
    chart,
    '--namespace',
    namespace,
    ...files.flatMap((file) => ['-f', file]),
  ];
  return new Promise((resolve, reject) => {
    const child = execFile(
      join(KUBE_PROGRAMS, helm === 3 ? 'helm3' : 'helm'),
      [...args, '-f', '-'],
      { maxBuffer: 64 * 1024 ** 2, env: { PATH: process.env.PATH, HOME: tmpdir() } },
      (error, output, errors) => (error ? reject(new Error(errors)) : resolve(output)),
    );
    child.stdin!.end(stringify(values));
  });
}

/** A copy of a chart with other words in its Chart.yaml. @returns its folder, and what removes it */
export function copyChart(
  replace: Readonly<Record<string, string>>,
  chart = CHART,
): { folder: string; remove: () => void } {
  const folder = mkdtempSync(join(tmpdir(), 'parlance-chart-'));
  cpSync(chart, folder, { recursive: true });
  const file = join(folder, 'Chart.yaml');
  const text = Object.entries(replace).reduce(
    (all, [field, value]) => all.replace(new RegExp(`^${field}: .*$`, 'm'), `${field}: ${value}`),
    readFileSync(file, 'utf8'),
  );
  writeFileSync(file, text);
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** Rendered objects, to be asked for by kind and name. */
export class Manifests {
  readonly objects: readonly KubeObject[];

  /** @throws Error where the text is no YAML, which a key that comes twice is not either */
  constructor(readonly text: string) {
    this.objects = parseAllDocuments(text)
      .map((document) => {
        if (document.errors.length > 0) throw document.errors[0]!;
        return document.toJS() as KubeObject | null;
      })
      .filter((object) => object !== null);
  }

  ofKind<T extends KubeObject = KubeObject>(kind: string): T[] {
    return this.objects.filter((object) => object.kind === kind) as T[];
  }

  /** @param name  with the release's name in front */
  get<T extends KubeObject = KubeObject>(kind: string, name: string): T {
    const found = this.ofKind<T>(kind).find(({ metadata }) => metadata.name === name);
    if (!found)
      throw new Error(
        `no ${kind} ${name} among ${this.objects.map((o) => `${o.kind} ${o.metadata.name}`).join(', ')}`,
      );
    return found;
  }

  /** Every pod template of Deployments, StatefulSets and Jobs. */
  podTemplates(): PodTemplate[] {
    return ['Deployment', 'StatefulSet', 'Job'].flatMap((kind) =>
      this.ofKind<Workload>(kind).map(({ spec }) => spec.template),
    );
  }

  /** Every container, those of initialisation included. */
  containers(): Container[] {
    return this.podTemplates().flatMap(({ spec }) => [...(spec.initContainers ?? []), ...spec.containers]);
  }

  /** The main container of a service's Deployment. */
  container(service: string, release = 'voice'): Container {
    return this.get<Workload>('Deployment', `${release}-${service}`).spec.template.spec.containers[0]!;
  }

  /** A service's variables by name. */
  env(service: string, release = 'voice'): Record<string, EnvironmentVariable> {
    const all = this.container(service, release).env ?? [];
    return Object.fromEntries(all.map((variable) => [variable.name, variable]));
  }
}
