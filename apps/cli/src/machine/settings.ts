import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ConfigurationError } from '@parlance/config';

/** Where a platform on this machine lives and listens; every field has its environment variable. */
export interface Settings {
  /** The checkout's root; where the program was installed without one, the folder of what is made at run time. */
  readonly root: string;
  /** Everything made at run time: logs, process ids, data, keys. */
  readonly cache: string;
  readonly logs: string;
  readonly processFiles: string;
  readonly data: string;
  readonly samples: string;
  /** Folders of checkpoints, the first that has a model wins. */
  readonly modelFolders: readonly string[];
  readonly compiledModels: string;
  /** The model made ready at set-up. */
  readonly model: string;
  /** Set when the user brings their own; then nothing is started in their place. */
  readonly ownNatsUrl: string | undefined;
  readonly ownMongoUri: string | undefined;
  readonly httpHost: string;
  readonly grpcHost: string;
  readonly ports: Readonly<Record<PortName, number>>;
  readonly environment: NodeJS.ProcessEnv;
}

/** Every port the platform takes, with its variable and default. */
export const PORTS = {
  http: { variable: 'PARLANCE_HTTP_PORT', fallback: 8080 },
  grpc: { variable: 'PARLANCE_GRPC_PORT', fallback: 50051 },
  gatewayOps: { variable: 'PARLANCE_GATEWAY_OPS_PORT', fallback: 8085 },
  inference: { variable: 'PARLANCE_INFERENCE_PORT', fallback: 50061 },
  tts: { variable: 'PARLANCE_TTS_PORT', fallback: 50063 },
  inferenceOps: { variable: 'PARLANCE_INFERENCE_OPS_PORT', fallback: 8081 },
  conversationOps: { variable: 'PARLANCE_CONVERSATION_OPS_PORT', fallback: 8082 },
  ttsOps: { variable: 'PARLANCE_TTS_OPS_PORT', fallback: 8083 },
  telegramOps: { variable: 'PARLANCE_TELEGRAM_OPS_PORT', fallback: 8084 },
  telegram: { variable: 'PARLANCE_TELEGRAM_PORT', fallback: 8086 },
  nats: { variable: 'PARLANCE_NATS_PORT', fallback: 4222 },
  documents: { variable: 'PARLANCE_DOCUMENTS_PORT', fallback: 27017 },
  otlp: { variable: 'PARLANCE_OTLP_PORT', fallback: 4318 },
  collectorMetrics: { variable: 'PARLANCE_COLLECTOR_METRICS_PORT', fallback: 8888 },
  jaeger: { variable: 'PARLANCE_JAEGER_PORT', fallback: 16686 },
  jaegerOtlp: { variable: 'PARLANCE_JAEGER_OTLP_PORT', fallback: 4317 },
  prometheus: { variable: 'PARLANCE_PROMETHEUS_PORT', fallback: 9090 },
  alertmanager: { variable: 'PARLANCE_ALERTMANAGER_PORT', fallback: 9093 },
} as const;
export type PortName = keyof typeof PORTS;

/** Ports of what `make observe` adds; the platform does without. */
export const OBSERVATION_PORTS: ReadonlySet<PortName> = new Set<PortName>([
  'otlp',
  'collectorMetrics',
  'jaeger',
  'jaegerOtlp',
  'prometheus',
  'alertmanager',
]);

/** @throws ConfigurationError with a line for every port variable that is no port */
export function readSettings(environment: NodeJS.ProcessEnv = process.env): Settings {
  const checkout = findCheckout();
  const cache = resolve(checkout ?? '.', environment.PARLANCE_CACHE || homeOf(checkout, environment));
  const root = checkout ?? cache;
  return {
    root,
    cache,
    logs: join(cache, 'logs'),
    processFiles: join(cache, 'run'),
    data: join(cache, 'data'),
    samples: join(cache, 'sample'),
    modelFolders: modelFolders(root, cache, environment),
    compiledModels: resolve(root, environment.PARLANCE_MODEL_CACHE || join(cache, 'models')),
    model: environment.PARLANCE_DEFAULT_MODEL || 'whisper-base',
    ownNatsUrl: environment.NATS_URL || undefined,
    ownMongoUri: environment.MONGODB_URI || undefined,
    httpHost: environment.PARLANCE_HTTP_HOST || '127.0.0.1',
    grpcHost: environment.PARLANCE_GRPC_HOST || '127.0.0.1',
    ports: readPorts(environment),
    environment,
  };
}

function readPorts(environment: NodeJS.ProcessEnv): Record<PortName, number> {
  const faults: string[] = [];
  const ports = {} as Record<PortName, number>;
  for (const [name, { variable, fallback }] of Object.entries(PORTS) as [
    PortName,
    (typeof PORTS)[PortName],
  ][]) {
    const text = environment[variable] || String(fallback);
    ports[name] = Number(text);
    if (!/^\d+$/.test(text) || ports[name] < 1 || ports[name] > 65_535)
      faults.push(`${variable}: must be a port, 1 to 65535`);
  }
  if (faults.length > 0) throw new ConfigurationError(faults);
  return ports;
}

function modelFolders(root: string, cache: string, environment: NodeJS.ProcessEnv): string[] {
  const configured = environment.PARLANCE_MODELS;
  if (configured) return configured.split(',').map((folder) => resolve(root, folder.trim()));
  const shared = resolve(root, environment.PARLANCE_SHARED || '../shared', 'models');
  return [...(existsSync(shared) ? [shared] : []), join(cache, 'checkpoints')];
}

/** The nearest folder above that holds package.json beside proto/. */
function findCheckout(): string | undefined {
  for (let folder = dirname(fileURLToPath(import.meta.url)); ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'package.json')) && existsSync(join(folder, 'proto'))) return folder;
    if (dirname(folder) === folder) return undefined;
  }
}

/** Models and other files made at run time. */
function homeOf(checkout: string | undefined, environment: NodeJS.ProcessEnv): string {
  if (checkout) return '.cache';
  return join(environment.XDG_CACHE_HOME || join(homedir(), '.cache'), 'parlance');
}
