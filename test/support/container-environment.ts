import { readFileSync } from 'node:fs';
import type { Container, EnvironmentVariable, KubeObject, Pod } from './kube-objects.js';
import type { Kubebox } from './kubebox.js';

interface Values extends KubeObject {
  readonly data?: Readonly<Record<string, string>>;
  readonly binaryData?: Readonly<Record<string, string>>;
}

/** What a kubelet would put into a container's environment: the image's variables, then those of the pod. */
export async function environmentOf(
  box: Kubebox,
  pod: Pod,
  container: Container,
): Promise<Record<string, string>> {
  const environment = imageEnvironment(imageName(container.image));
  for (const variable of container.env ?? []) {
    const value = await valueOf(box, pod, container, variable);
    if (value !== undefined) environment[variable.name] = value;
  }
  return environment;
}

/** Files of a ConfigMap, as a volume has them. */
export async function configMapFiles(
  box: Kubebox,
  namespace: string,
  name: string,
): Promise<Map<string, Buffer>> {
  const map = await box.get<Values>(`/api/v1/namespaces/${namespace}/configmaps/${name}`);
  if (!map) throw new Error(`no ConfigMap ${name}`);
  const files = new Map(Object.entries(map.data ?? {}).map(([file, text]) => [file, Buffer.from(text)]));
  for (const [file, base64] of Object.entries(map.binaryData ?? {}))
    files.set(file, Buffer.from(base64, 'base64'));
  return files;
}

/** What an image runs where the container does not say, from its Dockerfile: the arguments of node. */
export function imageCommand(image: string): string[] {
  const [, command] = /^CMD (\[.*\])$/m.exec(dockerfile(imageName(image))) ?? [];
  if (command === undefined) throw new Error(`gpu-images has no command for ${image}`);
  return JSON.parse(command) as string[];
}

/** `gateway` of `registry/parlance/gateway:1.0`. */
function imageName(image: string): string {
  return image.split('/').at(-1)!.split(/[:@]/)[0]!;
}

function dockerfile(name: string): string {
  return readFileSync(`gpu-images/${name}.Dockerfile`, 'utf8');
}

function imageEnvironment(name: string): Record<string, string> {
  let text: string;
  try {
    text = `${dockerfile('base')}\n${dockerfile(name)}`;
  } catch {
    return {}; // an image of other people
  }
  const lines = text.replaceAll('\\\n', ' ').match(/^ENV .*$/gm) ?? [];
  const pairs = lines.flatMap((line) => [...line.matchAll(/(\w+)=(\S+)/g)]);
  return Object.fromEntries(pairs.map(([, variable, value]) => [variable!, value!]));
}

async function valueOf(
  box: Kubebox,
  pod: Pod,
  container: Container,
  { name, value, valueFrom }: EnvironmentVariable,
): Promise<string | undefined> {
  if (!valueFrom) return value ?? '';
  const { secretKeyRef, configMapKeyRef, fieldRef, resourceFieldRef } = valueFrom;
  if (fieldRef) return fieldOf(pod, fieldRef.fieldPath);
  if (resourceFieldRef) return coresOf(container, resourceFieldRef.resource);
  const reference = secretKeyRef ?? configMapKeyRef;
  if (!reference) throw new Error(`${name}: ${JSON.stringify(valueFrom)} is not known`);
  const kind = secretKeyRef ? 'secrets' : 'configmaps';
  const path = `/api/v1/namespaces/${pod.metadata.namespace}/${kind}/${reference.name}`;
  const found = (await box.get<Values>(path))?.data?.[reference.key];
  if (found === undefined && !reference.optional) throw new Error(`${name}: no ${reference.key} at ${path}`);
  return found !== undefined && secretKeyRef ? Buffer.from(found, 'base64').toString() : found;
}

function fieldOf(pod: Pod, path: string): string {
  const [, label] = /^metadata\.labels\['(.*)'\]$/.exec(path) ?? [];
  if (label !== undefined) return pod.metadata.labels?.[label] ?? '';
  if (path === 'metadata.name') return pod.metadata.name;
  throw new Error(`the field ${path} is not known`);
}

/** Whole cores, rounded up as Kubernetes does. */
function coresOf({ resources }: Container, resource: string): string {
  const [field, name] = resource.split('.') as ['limits' | 'requests', string];
  const text = (resources as Record<string, Record<string, string>>)[field]?.[name] ?? '0';
  return String(Math.ceil(text.endsWith('m') ? Number.parseInt(text, 10) / 1000 : Number(text)));
}
