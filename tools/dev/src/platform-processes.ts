import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { ALLOCATOR, NODE_FLAGS, SPEECH_ALLOCATOR } from './pod-memory.js';
import type { PortName, Settings } from '@parlance/cli/machine/settings';
import { SUPERVISOR } from '@parlance/cli/machine/process-file';
import { certificatePaths } from './local-authority.js';
import { answersHttp, greetsNats, listensOnTcp, type ReadyProbe } from '@parlance/cli/machine/readiness';

/** One process of the platform: how it is started and how one sees that it is ready. */
export interface ProcessDefinition {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** Added to the environment of whoever starts it. */
  readonly environment: NodeJS.ProcessEnv;
  readonly ports: readonly PortName[];
  readonly isReady: ReadyProbe;
}

/** Whether `TLS=1` was asked for: the gateway's APIs by TLS, the services by certificates of theirs. */
export function usesTls({ environment: { TLS } }: Settings): boolean {
  return TLS !== undefined && TLS !== '' && TLS !== '0' && TLS !== 'false';
}

/** Where the certificates of this machine lie. */
export function certificateFolder({ cache }: Settings): string {
  return join(cache, 'tls');
}

/** What links to the gateway begin with. */
export function gatewayUrl(settings: Settings, host = settings.httpHost): string {
  return `${usesTls(settings) ? 'https' : 'http'}://${host}:${settings.ports.http}`;
}

/** Bus and document store first; the services depend on them. Empty where the user brings their own. */
export function storeProcesses(settings: Settings): ProcessDefinition[] {
  const { ports, data, cache } = settings;
  const stores: ProcessDefinition[] = [];
  if (!settings.ownNatsUrl) {
    stores.push({
      name: 'nats',
      command: join(settings.root, '.cache/bin/nats-server'),
      args: ['-a', '127.0.0.1', '-p', String(ports.nats), '-js', '-sd', join(data, 'nats')],
      environment: {},
      ports: ['nats'],
      isReady: greetsNats(ports.nats),
    });
  }
  if (!settings.ownMongoUri) {
    const java = join(settings.root, '.cache/mongo');
    stores.push({
      name: 'documents',
      command: 'java',
      args: [
        '-cp',
        `${java}/classes:${java}/lib/*`,
        'DocumentStore',
        String(ports.documents),
        join(cache, 'data/documents.h2'),
      ],
      environment: {},
      ports: ['documents'],
      isReady: listensOnTcp(ports.documents),
    });
  }
  return stores;
}

/** The services, the gateway after those it calls; the Telegram bot where there is a token for it. `developmentKey` is accepted by the gateway for tenant `dev`, beside the keys configured. */
export function serviceProcesses(settings: Settings, developmentKey: string): ProcessDefinition[] {
  const { ports } = settings;
  const tls = certificatePaths(certificateFolder(settings));
  const common = {
    ...(usesTls(settings)
      ? { PARLANCE_MTLS_CA: tls.ca, PARLANCE_MTLS_CERT: tls.cert, PARLANCE_MTLS_KEY: tls.key }
      : {}),
    NATS_URL: settings.ownNatsUrl ?? `nats://127.0.0.1:${ports.nats}`,
    MONGODB_URI: settings.ownMongoUri ?? `mongodb://127.0.0.1:${ports.documents}/parlance`,
    PARLANCE_MODELS: settings.modelFolders.join(','),
    PARLANCE_MODEL_CACHE: settings.compiledModels,
    PARLANCE_OPS_HOST: '127.0.0.1',
    ...ALLOCATOR,
  };
  const service = (
    name: string,
    environment: NodeJS.ProcessEnv,
    taken: PortName[],
    readyPort: PortName,
  ): ProcessDefinition => ({
    name,
    command: join(settings.root, 'node_modules/.bin/node'),
    args: [...NODE_FLAGS, join(settings.root, `apps/${name}/dist/main.js`)],
    environment: { ...common, ...environment },
    ports: taken,
    isReady: answersHttp(`http://127.0.0.1:${ports[readyPort]}/readyz`),
  });
  return [
    service(
      'inference',
      internalAddress(ports.inference, ports.inferenceOps),
      ['inference', 'inferenceOps'],
      'inferenceOps',
    ),
    service(
      'tts',
      { ...internalAddress(ports.tts, ports.ttsOps), ...SPEECH_ALLOCATOR },
      ['tts', 'ttsOps'],
      'ttsOps',
    ),
    service(
      'conversation',
      { PARLANCE_OPS_PORT: String(ports.conversationOps) },
      ['conversationOps'],
      'conversationOps',
    ),
    service(
      'gateway',
      {
        PARLANCE_HTTP_HOST: settings.httpHost,
        PARLANCE_HTTP_PORT: String(ports.http),
        PARLANCE_GRPC_HOST: settings.grpcHost,
        PARLANCE_GRPC_PORT: String(ports.grpc),
        PARLANCE_OPS_PORT: String(ports.gatewayOps),
        PARLANCE_INFERENCE_ADDRESSES: `127.0.0.1:${ports.inference}`,
        PARLANCE_TTS_ADDRESSES: `127.0.0.1:${ports.tts}`,
        PARLANCE_API_KEYS: apiKeys(settings.environment.PARLANCE_API_KEYS, developmentKey),
        ...developmentAccounts(settings, developmentKey),
        ...(usesTls(settings) ? { PARLANCE_TLS_CERT: tls.cert, PARLANCE_TLS_KEY: tls.key } : {}),
      },
      ['http', 'grpc', 'gatewayOps'],
      'gatewayOps',
    ),
    ...(settings.environment.TELEGRAM_BOT_TOKEN
      ? [
          service(
            'telegram',
            {
              PARLANCE_HTTP_HOST: '127.0.0.1',
              PARLANCE_HTTP_PORT: String(ports.telegram),
              PARLANCE_OPS_PORT: String(ports.telegramOps),
              PARLANCE_URL: gatewayUrl(settings),
              PARLANCE_API_KEY: settings.environment.PARLANCE_API_KEY || developmentKey,
            },
            ['telegram', 'telegramOps'],
            'telegramOps',
          ),
        ]
      : []),
  ];
}

/** Who starts the others again after `make up DETACH=1` has returned. */
export function supervisorProcess(settings: Settings): ProcessDefinition {
  return {
    name: SUPERVISOR,
    command: join(settings.root, 'node_modules/.bin/node'),
    args: [join(settings.root, 'dist/tools/dev/src/supervise.js')],
    environment: {},
    ports: [],
    isReady: () => Promise.resolve(true),
  };
}

/** The tenant that the development key is of. */
export const DEVELOPMENT_TENANT = 'dev';

/** Whether `make up` switches accounts on, so that people can sign up on the page; whoever has settings of their own keeps them. */
export function hasDevelopmentAccounts({ environment }: Settings): boolean {
  return environment.PARLANCE_ACCOUNTS === undefined && environment.PARLANCE_STUDIO !== 'false';
}

/** Accounts of the development tenant. Their tokens' keys are encrypted by what only who has the development key can work out. */
function developmentAccounts(settings: Settings, developmentKey: string): NodeJS.ProcessEnv {
  if (!hasDevelopmentAccounts(settings)) return {};
  const secret = createHash('sha256').update(`signing secret of ${developmentKey}`).digest('hex');
  return {
    PARLANCE_ACCOUNTS: 'true',
    PARLANCE_SIGNING_SECRET: settings.environment.PARLANCE_SIGNING_SECRET ?? secret,
    PARLANCE_STUDIO_ORGANISATION: settings.environment.PARLANCE_STUDIO_ORGANISATION ?? DEVELOPMENT_TENANT,
  };
}

function apiKeys(configured: string | undefined, developmentKey: string): string {
  const development = `${DEVELOPMENT_TENANT}:${createHash('sha256').update(developmentKey).digest('hex')}`;
  return configured ? `${configured},${development}` : development;
}

function internalAddress(grpcPort: number, opsPort: number): NodeJS.ProcessEnv {
  return {
    PARLANCE_GRPC_HOST: '127.0.0.1',
    PARLANCE_GRPC_PORT: String(grpcPort),
    PARLANCE_OPS_PORT: String(opsPort),
  };
}
