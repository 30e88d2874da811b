import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { busyPorts, launch, READY_LIMIT_MS, untilReady } from './launch.js';
import {
  serviceProcesses,
  storeProcesses,
  supervisorProcess,
  type ProcessDefinition,
} from './platform-processes.js';
import { platformUrls } from './platform-urls.js';
import {
  forgetProcess,
  rememberProcess,
  runningProcesses,
  SUPERVISOR,
} from '@parlance/cli/machine/process-file';
import { openSignUp } from './open-sign-up.js';
import { playSampleTurn, sampleRecording } from './sample-turn.js';
import { readSettings } from '@parlance/cli/machine/settings';
import { stopPlatform } from './stop-platform.js';
import { supervise } from './supervisor.js';

/** `make up`: starts what is not running, plays a sample turn, and stays until it is told to stop (DETACH=1: returns). */
const say = (line: string): void => void process.stdout.write(`${line}\n`);

async function main(): Promise<number> {
  const settings = readSettings();
  const key = (await readFile(join(settings.root, '.cache/dev-key'), 'utf8')).trim();
  const definitions = [...storeProcesses(settings), ...serviceProcesses(settings, key)];
  const running = new Set((await runningProcesses(settings.processFiles)).map(({ name }) => name));
  const absent = definitions.filter(({ name }) => !running.has(name));

  if (absent.length === 0 || running.has(SUPERVISOR)) {
    // Who is absent is being started again.
    await untilAllAnswer(definitions);
    say('Already up; playing the sample turn.');
    const status = await playSampleTurn(settings, sampleRecording(settings), key);
    say(platformUrls(settings));
    return status;
  }
  const busy = await busyPorts(absent, settings);
  if (busy.length > 0) {
    busy.forEach((line) => process.stderr.write(`${line}\n`));
    return 1;
  }
  if (running.size > 0) say(`Already up: ${[...running].join(', ')}.`);

  const isDetached = isSwitchedOn(settings.environment.DETACH);
  let stopping: Promise<void> | undefined;
  const stopped = new AbortController();
  const stop = (): Promise<void> => {
    stopped.abort();
    return (stopping ??= stopPlatform(settings, say));
  };
  // From the first process on, an interrupt stops what was started.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void stop());
  try {
    say('Starting bus and document store, then the four services.');
    for (const stage of stages(absent)) {
      const started = await Promise.all(stage.map((definition) => launch(definition, settings)));
      await untilReady(started, settings, say);
    }
    await openSignUp(settings, key);
    const status = await playSampleTurn(settings, sampleRecording(settings), key);
    if (status !== 0) throw new Error('The sample turn failed; the platform is stopped again.');
  } catch (error) {
    if (stopped.signal.aborted) return stop().then(() => 0);
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    await stop();
    return 1;
  }
  say(platformUrls(settings));
  if (isDetached) {
    await launch(supervisorProcess(settings), settings);
    say('Running in the background; `make down` stops it.');
    return 0;
  }
  say('Ctrl-C stops it.');
  await rememberProcess(settings.processFiles, SUPERVISOR, process.pid);
  await supervise(definitions, settings, say, stopped.signal);
  await stopping;
  await forgetProcess(settings.processFiles, SUPERVISOR);
  return 0;
}

/** Stores before services, the gateway after those it needs. */
function stages(definitions: readonly ProcessDefinition[]): ProcessDefinition[][] {
  const isStore = ({ name }: ProcessDefinition): boolean => name === 'nats' || name === 'documents';
  return [definitions.filter(isStore), definitions.filter((definition) => !isStore(definition))].filter(
    (stage) => stage.length > 0,
  );
}

/** @throws Error naming who does not answer in time */
async function untilAllAnswer(definitions: readonly ProcessDefinition[]): Promise<void> {
  const deadline = Date.now() + READY_LIMIT_MS;
  for (const { name, isReady } of definitions) {
    while (!(await isReady())) {
      if (Date.now() > deadline) throw new Error(`${name} does not get ready; see .cache/logs/${name}.log`);
      await delay(200);
    }
  }
}

function isSwitchedOn(value: string | undefined): boolean {
  return value !== undefined && value !== '' && value !== '0' && value !== 'false';
}

process.exitCode = await main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  return 1;
});
if (process.exitCode !== 0 || isSwitchedOn(process.env.DETACH)) process.exit();
