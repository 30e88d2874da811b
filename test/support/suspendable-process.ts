import type { ChildProcess } from 'node:child_process';

/** A program that runs beside the test and can be held where it stands: its connections stay open, and nothing comes of what is sent to
 *  it until it goes on. */
export abstract class SuspendableProcess {
  protected abstract readonly child: ChildProcess | undefined;

  /** NaN while it does not run. */
  get pid(): number {
    return this.child?.pid ?? NaN;
  }

  freeze(): void {
    this.child?.kill('SIGSTOP');
  }

  thaw(): void {
    this.child?.kill('SIGCONT');
  }
}
