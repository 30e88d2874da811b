import type { z } from 'zod';
import { ConfigurationError, loadConfig } from './load-config.js';

/** A start that failed and a fault that ended the process share a code: both are told by the log. */
export const EXIT = { clean: 0, initFailed: 1, fault: 1, configuration: 2 } as const;

/** A start that failed for a reason the operator can put right: printed as it stands, without a stack. */
export class StartError extends Error {
  override readonly name = 'StartError';
}

/** A started process; `close` drains it and resolves when nothing is in flight. */
export interface RunningProcess {
  close(): Promise<void>;
  /** How long `close` gives what is in flight; a close that takes longer than this and the time to leave is cut short. */
  readonly drainMs: number;
  /** Logs and counts a fault that nothing caught, which ends the process. */
  report(fault: unknown): void;
}

export interface ProcessDefinition<Schema extends z.ZodType> {
  readonly name: string;
  readonly schema: Schema;
  readonly start: (config: z.infer<Schema>) => Promise<RunningProcess>;
}

const SIGNALS = ['SIGTERM', 'SIGINT'] as const;
/** For closing connections and sending telemetry after the drain, milliseconds. */
const LEAVE_MS = 10_000;

/** Life of a service process: configuration, start, drain on SIGTERM or SIGINT, which end a start at once. Exits 0 clean, 1 start failed or after a
 *  fault that nothing caught (which is reported and drains the process: its state is not known), 2 configuration. */
export async function runProcess<Schema extends z.ZodType>(
  definition: ProcessDefinition<Schema>,
): Promise<void> {
  const { name, schema, start } = definition;
  let running: RunningProcess;
  // The first process of a container ignores signals that it does not listen to.
  const leave = (): void => process.exit(EXIT.clean);
  for (const signal of SIGNALS) process.on(signal, leave);
  try {
    running = await start(loadConfig(schema));
  } catch (error) {
    const isConfiguration = error instanceof ConfigurationError;
    process.stderr.write(`${name}: ${isConfiguration ? error.message : describe(error)}\n`);
    process.exit(isConfiguration ? EXIT.configuration : EXIT.initFailed);
  }
  let exitCode: number = EXIT.clean;
  let draining = false;
  const drain = (reason: string): void => {
    if (draining) return;
    draining = true;
    const limitMs = running.drainMs + LEAVE_MS;
    setTimeout(() => {
      process.stderr.write(`${name}: drain after ${reason} took longer than ${limitMs} ms, leaving\n`);
      process.exit(EXIT.fault);
    }, limitMs);
    running.close().then(
      () => process.exit(exitCode),
      (error: unknown) => {
        process.stderr.write(`${name}: drain failed: ${describe(error)}\n`);
        process.exit(EXIT.fault);
      },
    );
  };
  // Rejections that nobody handles come here too.
  process.on('uncaughtException', (fault) => {
    exitCode = EXIT.fault;
    running.report(fault);
    drain('a fault');
  });
  for (const signal of SIGNALS) process.on(signal, () => drain(signal)).off(signal, leave);
}

const TAKEN = /EADDRINUSE.*?(\S+:\d+)/;

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const taken = TAKEN.exec(error.message)?.[1];
  if (taken) return `${taken.replace(/\W+$/, '')} is taken by another process; end it or choose another port`;
  return error instanceof StartError ? error.message : (error.stack ?? error.message);
}
