import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { launch, untilReady, type Launched } from '../../tools/dev/src/launch.js';
import { serviceProcesses, storeProcesses } from '../../tools/dev/src/platform-processes.js';
import { readSettings, type Settings } from '@parlance/cli/machine/settings';
import { stopPlatform } from '../../tools/dev/src/stop-platform.js';
import { freePort } from '../support/free-port.js';
import type { BenchContext } from './bench-context.js';
import { compiledCheckpoint } from './peers/peer-models.js';

/** A platform of the bench's own: on free ports, with its own data, so that one that is up is left alone. */
export class BenchPlatform {
  private constructor(
    readonly settings: Settings,
    readonly key: string,
    private readonly pids: ReadonlyMap<string, number>,
  ) {}

  /** @param environment  added to that of every service */
  static async start(context: BenchContext, environment: NodeJS.ProcessEnv = {}): Promise<BenchPlatform> {
    const { settings: home, say } = context;
    const { compiled, name } = await compiledCheckpoint(context);
    // The weights that the peers serve, whatever the machine's default is.
    const model = { PARLANCE_MODEL_CACHE: compiled, PARLANCE_DEFAULT_MODEL: name };
    const settings = await ownSettings(home, { ...model, ...environment });
    // What a bench that was ended left running, and its data.
    await stopPlatform(settings, () => undefined);
    await rm(settings.data, { recursive: true, force: true });
    const key = (await readFile(join(home.root, '.cache/dev-key'), 'utf8')).trim();
    try {
      const stores = await Promise.all(
        storeProcesses(settings).map((definition) => launch(definition, settings)),
      );
      await untilReady(stores, settings, say);
      // One by one: inference loads and measures itself with every core, and the others' first calls have deadlines.
      const services: Launched[] = [];
      for (const definition of serviceProcesses(settings, key)) {
        const service = await launch(definition, settings);
        await untilReady([service], settings, say);
        services.push(service);
      }
      const pids = services.map(({ definition, started }) => [definition.name, started.pid] as const);
      return new BenchPlatform(settings, key, new Map(pids));
    } catch (error) {
      await stopPlatform(settings, () => undefined);
      throw error;
    }
  }

  /** The gateway's address. */
  get url(): string {
    return `http://127.0.0.1:${this.settings.ports.http}`;
  }

  /** The inference service's gRPC address. */
  get inferenceAddress(): string {
    return `127.0.0.1:${this.settings.ports.inference}`;
  }

  metricsUrl(service: 'gateway' | 'inference'): string {
    const { gatewayOps, inferenceOps } = this.settings.ports;
    const port = service === 'gateway' ? gatewayOps : inferenceOps;
    return `http://127.0.0.1:${port}/metrics`;
  }

  pidOf(service: 'gateway' | 'inference'): number {
    return this.pids.get(service) ?? NaN;
  }

  async stop(): Promise<void> {
    await stopPlatform(this.settings, () => undefined);
  }
}

async function ownSettings(base: Settings, environment: NodeJS.ProcessEnv): Promise<Settings> {
  const own: NodeJS.ProcessEnv = {
    ...base.environment,
    PARLANCE_CACHE: join(base.cache, 'bench/platform'),
    PARLANCE_LOG_LEVEL: 'warn',
    ...environment,
  };
  const ports = readSettings(own).ports;
  for (const name of Object.keys(ports) as (keyof typeof ports)[])
    (ports as Record<string, number>)[name] = await freePort();
  return { ...readSettings(own), ports, ownMongoUri: undefined, ownNatsUrl: undefined };
}
