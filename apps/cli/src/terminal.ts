import { ConfigurationError } from '@parlance/config';
import { textHead } from '@parlance/contracts';
import { isAppError } from '@parlance/errors';

/** Results go to stdout, everything about the work itself to stderr: output can be piped. */
export function sayResult(text: string): void {
  process.stdout.write(`${text}\n`);
}

export function sayProgress(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** A fault as one line with its code, never a stack. */
export function sayFault(error: unknown, subject?: string): void {
  const prefix = subject === undefined ? '' : `${subject}: `;
  process.stderr.write(`${prefix}${describeFault(error)}\n`);
}

export function describeFault(error: unknown): string {
  if (isAppError(error)) return `${error.message} [${error.code}]`;
  if (error instanceof ConfigurationError) return error.message;
  return error instanceof Error ? error.message : String(error);
}

/** A line that is written over while work goes on; on a pipe, lines at rising intervals instead. */
export class StatusLine {
  private readonly isTerminal = process.stderr.isTTY === true;
  private readonly begunAt = Date.now();
  private nextAt = 2_000;

  show(text: string): void {
    if (this.isTerminal) {
      process.stderr.write(`\r\x1b[K${textHead(text, (process.stderr.columns ?? 80) - 1)}`);
      return;
    }
    if (Date.now() - this.begunAt < this.nextAt) return;
    this.nextAt *= 2;
    process.stderr.write(`${text}\n`);
  }

  clear(): void {
    if (this.isTerminal) process.stderr.write('\r\x1b[K');
  }
}
