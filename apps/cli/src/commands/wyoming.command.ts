import { once } from 'node:events';
import { Command, InvalidArgumentError } from 'commander';
import type { CliConfig } from '../cli.config.js';
import { sayFault, sayProgress } from '../terminal.js';
import { HttpWyomingGateway } from '../wyoming/wyoming-gateway.js';
import { WYOMING_LIMITS, WyomingServer } from '../wyoming/wyoming-server.js';

interface WyomingFlags {
  readonly host: string;
  readonly port: number;
  readonly model?: string;
  readonly voice: string;
}

/** The port that Home Assistant suggests for recognition. */
const USUAL_PORT = 10_300;

export function wyomingCommand(config: CliConfig): Command {
  return new Command('wyoming')
    .description("Serve Home Assistant's voice protocol (Wyoming) from the platform behind PARLANCE_URL")
    .option('-p, --port <number>', 'TCP port', portOf, USUAL_PORT)
    .option('--host <address>', 'address of this machine; 0.0.0.0 for all of them', '127.0.0.1')
    .option('-m, --model <name>', "recognises what names no model; left out: the platform's default")
    .option('-v, --voice <name>', 'speaks what names no voice', '')
    .action((flags: WyomingFlags) => serve(config, flags));
}

async function serve({ url, apiKey }: CliConfig, flags: WyomingFlags): Promise<void> {
  const { host, port, model, voice } = flags;
  const server = await WyomingServer.start({
    ...{ host, port, model, voice },
    gateway: new HttpWyomingGateway({ url, apiKey, model }),
    limits: WYOMING_LIMITS,
    report: sayFault,
  });
  sayProgress(`Wyoming at tcp://${host}:${server.port}, the platform at ${url}. Ctrl-C ends it.`);
  await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
  await server.close();
}

function portOf(text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535) throw new InvalidArgumentError('It must be a port, 0 to 65535.');
  return port;
}
