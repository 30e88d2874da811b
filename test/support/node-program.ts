import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** A module as a reader of a document would write and run it. */
export class NodeProgram {
  /** @param variables  added to its environment */
  constructor(
    private readonly text: string,
    private readonly variables: Readonly<Record<string, string>>,
  ) {}

  /** Runs it. @returns what it prints @throws Error where it fails, or goes on for a minute */
  async print(...args: string[]): Promise<string> {
    mkdirSync('.cache', { recursive: true });
    // Within the checkout, so that it finds its packages.
    const folder = mkdtempSync(join(process.cwd(), '.cache/program-'));
    try {
      const file = join(folder, 'program.mjs');
      writeFileSync(file, this.text);
      const { stdout } = await promisify(execFile)(process.execPath, [file, ...args], {
        cwd: folder,
        env: { ...process.env, NODE_OPTIONS: '', ...this.variables },
        timeout: 60_000,
      });
      return stdout;
    } finally {
      rmSync(folder, { recursive: true });
    }
  }
}
