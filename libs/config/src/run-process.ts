import type { z } from 'zod';
import { ConfigurationError, loadConfig } from './load-config.js';

export const EXIT = { clean: 0, initFailed: 1, configuration: 2 } as const;

/** A start that failed for a reason the operator can put right: printed as it stands, without a stack. */
export class StartError extends Error {
  override readonly name = 'StartError';
}

/** A started process; `close` drains it and resolves when nothing is in flight. */
export interface RunningProcess {
  close(): Promise<void>;
}

export interface ProcessDefinition<Schema extends z.ZodType> {
  readonly name: string;
  readonly schema: Schema;
  readonly start: (config: z.infer<Schema>) => Promise<RunningProcess>;
  /** A drain that takes longer is cut short, milliseconds. */
  readonly drainLimitMs?: number;
}

/** Life of a service process: configuration, start, drain on SIGTERM or SIGINT. Exits 0 clean, 1 start failed, 2 configuration. */
export async function runProcess<Schema extends z.ZodType>(
  definition: ProcessDefinition<Schema>,
): Promise<void> {
  const { name, schema, start, drainLimitMs = 30_000 } = definition;
  let running: RunningProcess;
  try {
    running = await start(loadConfig(schema));
  } catch (error) {
    const isConfiguration = error instanceof ConfigurationError;
    process.stderr.write(`${name}: ${isConfiguration ? error.message : describe(error)}\n`);
    process.exit(isConfiguration ? EXIT.configuration : EXIT.initFailed);
  }
  let draining = false;
  const drain = (signal: string): void => {
    if (draining) return;
    draining = true;
    const limit = setTimeout(() => {
      process.stderr.write(`${name}: drain after ${signal} took longer than ${drainLimitMs} ms, leaving\n`);
      process.exit(EXIT.initFailed);
    }, drainLimitMs);
    running.close().then(
      () => {
        clearTimeout(limit);
        process.exit(EXIT.clean);
      },
      (error: unknown) => {
        process.stderr.write(`${name}: drain failed: ${describe(error)}\n`);
        process.exit(EXIT.initFailed);
      },
    );
  };
  process.on('SIGTERM', () => drain('SIGTERM'));
  process.on('SIGINT', () => drain('SIGINT'));
}

const TAKEN = /EADDRINUSE.*?(\S+:\d+)/;

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const taken = TAKEN.exec(error.message)?.[1];
  if (taken) return `${taken.replace(/\W+$/, '')} is taken by another process; end it or choose another port`;
  return error instanceof StartError ? error.message : (error.stack ?? error.message);
}
