import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { ProcessDefinition } from './platform-processes.js';
import { rememberProcess, type StartedProcess } from '@parlance/cli/machine/process-file';
import { isPortFree } from '@parlance/cli/machine/readiness';
import { PORTS, type Settings } from '@parlance/cli/machine/settings';

/** How long a process may take to get ready. */
export const READY_LIMIT_MS = 120_000;

/** One line for every port somebody else holds, naming the variable that moves it. */
export async function busyPorts(
  definitions: readonly ProcessDefinition[],
  settings: Settings,
): Promise<string[]> {
  const lines: string[] = [];
  for (const { name, ports } of definitions) {
    for (const port of ports) {
      const host = port === 'http' ? settings.httpHost : port === 'grpc' ? settings.grpcHost : '127.0.0.1';
      if (await isPortFree(host, settings.ports[port])) continue;
      lines.push(
        `Port ${settings.ports[port]} (${name}) is taken by another program: stop it, or choose another with ${PORTS[port].variable}.`,
      );
    }
  }
  return lines;
}

export interface Launched {
  readonly definition: ProcessDefinition;
  readonly started: StartedProcess;
  readonly child: ChildProcess;
}

/** Starts a process in its own group (a Ctrl-C in the terminal is ours to pass on), with its output in a log.
 *  @param log  whether the log begins anew */
export async function launch(
  definition: ProcessDefinition,
  settings: Settings,
  log: 'new' | 'append' = 'new',
): Promise<Launched> {
  mkdirSync(settings.logs, { recursive: true });
  mkdirSync(settings.data, { recursive: true });
  const output = openSync(logFile(definition.name, settings), log === 'new' ? 'w' : 'a');
  const child = spawn(definition.command, definition.args, {
    cwd: settings.root,
    env: { ...settings.environment, ...definition.environment },
    stdio: ['ignore', output, output],
    detached: true,
  });
  closeSync(output);
  if (child.pid === undefined) {
    const cause = await new Promise<Error>((resolve) => child.once('error', resolve));
    throw new Error(`${definition.name} cannot be started: ${cause.message}`);
  }
  // An error that nobody listens for, such as a signal that cannot be sent, would end whoever started it.
  child.on('error', () => undefined);
  child.unref();
  return {
    definition,
    started: await rememberProcess(settings.processFiles, definition.name, child.pid),
    child,
  };
}

/** Waits until every one is ready, telling each as it comes.
 *  @throws Error with the end of the log when one exits first or takes too long */
export async function untilReady(
  launched: readonly Launched[],
  settings: Settings,
  say: (line: string) => void,
): Promise<void> {
  const begun = Date.now();
  const seconds = (): string => ((Date.now() - begun) / 1000).toFixed(1);
  const waiting = new Set(launched.map(({ definition }) => definition.name));
  const telling = setInterval(() => say(`  waiting for ${[...waiting].join(', ')} (${seconds()} s)`), 5_000);
  try {
    await Promise.all(
      launched.map(async ({ definition, child }) => {
        while (!(await definition.isReady())) {
          if (child.exitCode !== null || child.signalCode !== null) {
            throw new Error(
              withLog(
                `${definition.name} ended while it started (${child.signalCode ?? `exit code ${child.exitCode}`})`,
                definition.name,
                settings,
              ),
            );
          }
          if (Date.now() - begun > READY_LIMIT_MS) {
            throw new Error(
              withLog(
                `${definition.name} was not ready within ${READY_LIMIT_MS / 1000} s`,
                definition.name,
                settings,
              ),
            );
          }
          await delay(100);
        }
        waiting.delete(definition.name);
        say(`  ${definition.name.padEnd(12)} ready  (${seconds()} s)`);
      }),
    );
  } finally {
    clearInterval(telling);
  }
}

export function logFile(name: string, settings: Settings): string {
  return join(settings.logs, `${name}.log`);
}

function withLog(line: string, name: string, settings: Settings): string {
  const end = readFileSync(logFile(name, settings), 'utf8').trimEnd().split('\n').slice(-15);
  return [
    `${line}. The end of ${logFile(name, settings)}:`,
    ...end.map((text) => `    ${text.slice(0, 400)}`),
  ].join('\n');
}
