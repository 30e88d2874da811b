import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ESSENTIAL_MODELS } from '@parlance/models';
import type { CliConfig } from '../cli.config.js';
import { isPortFree } from '../machine/readiness.js';
import { runningProcesses } from '../machine/process-file.js';
import { OBSERVATION_PORTS, PORTS, type PortName } from '../machine/settings.js';

/** One thing looked at. `remedy` says what to do when it is not as it should be. */
export interface CheckResult {
  readonly subject: string;
  readonly isWell: boolean;
  readonly detail: string;
  readonly remedy?: string;
}

export async function examine(config: CliConfig): Promise<CheckResult[]> {
  return [
    ...(await examineTools(config)),
    ...(await examineModels(config)),
    ...(await examinePlatform(config)),
  ];
}

async function examineTools({ settings }: CliConfig): Promise<CheckResult[]> {
  const major = Number(process.versions.node.split('.')[0]);
  const nats = join(settings.root, '.cache/bin/nats-server');
  return [
    finding(
      'node',
      major >= 24 && major < 25,
      process.version,
      'run `make setup`: it brings Node 24 with the npm packages',
    ),
    await tool('ffmpeg', ['-version'], 'apt-get install ffmpeg (reads every format but WAV)'),
    await tool('espeak-ng', ['--version'], 'apt-get install espeak-ng (phonemes of the local voices)'),
    settings.ownNatsUrl
      ? finding('nats-server', true, 'your own, by NATS_URL')
      : await tool(nats, ['--version'], 'run `make setup`: it builds nats-server with Go', 'nats-server'),
    settings.ownMongoUri
      ? finding('document store', true, 'your own, by MONGODB_URI')
      : finding(
          'document store',
          existsSync(join(settings.root, '.cache/mongo/classes/DocumentStore.class')),
          'development stand-in',
          'run `make setup`',
        ),
    ...(settings.ownMongoUri
      ? []
      : [
          await tool(
            'java',
            ['-version'],
            'apt-get install default-jdk-headless (runs the development document store)',
          ),
        ]),
  ];
}

async function examineModels({ models: store }: CliConfig): Promise<CheckResult[]> {
  const models = await store.list();
  return ESSENTIAL_MODELS.map((name) => {
    const model = models.find((candidate) => candidate.name === name);
    if (!model || model.state === 'not here')
      return finding(
        `model ${name}`,
        false,
        'missing',
        `run: apps/cli/bin/parlance.js models download ${name}`,
      );
    return finding(
      `model ${name}`,
      model.state === 'ready',
      model.state,
      `run: apps/cli/bin/parlance.js models build ${name}`,
    );
  });
}

async function examinePlatform(config: CliConfig): Promise<CheckResult[]> {
  const { settings } = config;
  const running = await runningProcesses(settings.processFiles);
  const findings: CheckResult[] = [];
  if (running.length === 0) {
    for (const [name, { variable }] of Object.entries(PORTS) as [PortName, (typeof PORTS)[PortName]][]) {
      if (OBSERVATION_PORTS.has(name)) continue;
      const port = settings.ports[name];
      if (!(await isPortFree('127.0.0.1', port))) {
        findings.push(
          finding(
            `port ${port}`,
            false,
            'taken by another program',
            `stop it, or choose another with ${variable}`,
          ),
        );
      }
    }
  }
  const answer = await fetch(`${config.url}/readyz`, { signal: AbortSignal.timeout(3_000) }).then(
    async (response) => {
      await response.body?.cancel();
      return response.ok ? 'ready' : `not ready (status ${response.status})`;
    },
    () => 'not running',
  );
  const processes = running.length > 0 ? `; running here: ${running.map(({ name }) => name).join(', ')}` : '';
  findings.push(
    finding(
      `gateway ${config.url}`,
      answer === 'ready',
      answer + processes,
      'run `make up`; logs are in .cache/logs',
    ),
  );
  findings.push(
    finding(
      'API key',
      config.apiKey !== undefined,
      'set',
      'set PARLANCE_API_KEY, or run `make setup` for a development key',
    ),
  );
  return findings;
}

async function tool(
  command: string,
  args: string[],
  remedy: string,
  subject = command,
): Promise<CheckResult> {
  try {
    const { stdout, stderr } = await promisify(execFile)(command, args, { timeout: 10_000 });
    return finding(subject, true, (stdout || stderr).split('\n')[0]?.slice(0, 70) ?? '');
  } catch {
    return finding(subject, false, 'missing', remedy);
  }
}

function finding(subject: string, isWell: boolean, detail: string, remedy?: string): CheckResult {
  return {
    subject,
    isWell,
    detail: isWell || detail !== 'set' ? detail : 'missing',
    ...(isWell || !remedy ? {} : { remedy }),
  };
}
